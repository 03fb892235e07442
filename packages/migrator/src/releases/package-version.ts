import { readFileSync } from "node:fs";
import { ConfigurationError } from "../errors.ts";

/** Name and version from a package.json. Throws a `ConfigurationError` where the file does not have them. */
export function readPackage(file: string): { readonly name: string; readonly version: string } {
  try {
    const { name, version } = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    if (typeof name === "string" && typeof version === "string") return { name, version };
  } catch (cause) {
    throw new ConfigurationError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  throw new ConfigurationError(
    `${file} has no name and version: give the package.json of the models as "releases.package"`,
  );
}
