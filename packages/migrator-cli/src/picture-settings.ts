import path from "node:path";
import { type AreaNames, ConfigurationError, formatOf, type Picture } from "@thedata/migrator";
import type { LoadedConfig } from "./configuration.ts";

/** The picture that `check` keeps current, or undefined where none is configured. Throws a `ConfigurationError`. */
export function readPicture(config: LoadedConfig): Picture | undefined {
  const picture: unknown = config.picture;
  if (picture === undefined) return undefined;
  if (typeof picture !== "string" || picture === "")
    throw new ConfigurationError(`"picture" in the configuration takes the name of a file, such as "docs/schema.svg"`);
  formatOf(picture);
  return { file: path.resolve(config.folder, picture), areas: readAreas(config) };
}

/** The areas of a picture. Throws a `ConfigurationError` for anything but lists of tables by name. */
export function readAreas({ areas }: LoadedConfig): AreaNames | undefined {
  const isList = (value: unknown) => Array.isArray(value) && value.every((name) => typeof name === "string");
  if (areas === undefined) return undefined;
  if (typeof areas === "object" && areas !== null && !Array.isArray(areas) && Object.values(areas).every(isList))
    return areas;
  throw new ConfigurationError(
    `"areas" in the configuration takes lists of tables by the name of their area: { "People": ["users", "roles"] }`,
  );
}
