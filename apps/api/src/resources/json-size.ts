import { unprocessable } from "../problem.ts";
import { maximumJsonBytes } from "./schemas.ts";

/** Throws a 422 for the first of these fields whose JSON exceeds `maximumJsonBytes`. */
export function requireSmall(body: Readonly<Record<string, unknown>>, ...fields: readonly string[]): void {
  for (const field of fields) {
    const bytes = Buffer.byteLength(JSON.stringify(body[field] ?? null));
    if (bytes > maximumJsonBytes)
      throw unprocessable(`${field} has ${bytes} bytes of JSON: it takes at most ${maximumJsonBytes}`, field);
  }
}
