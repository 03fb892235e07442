import { unprocessable } from "../problem.ts";
import { maximumJsonBytes } from "./schemas.ts";

/** Throws a 422 that names the first of these fields of a body that is bigger than a row may keep. */
export function requireSmall(body: Readonly<Record<string, unknown>>, ...fields: readonly string[]): void {
  for (const field of fields) {
    const bytes = Buffer.byteLength(JSON.stringify(body[field] ?? null));
    if (bytes > maximumJsonBytes)
      throw unprocessable(`${field} has ${bytes} bytes of JSON: it takes at most ${maximumJsonBytes}`, field);
  }
}
