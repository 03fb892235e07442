import path from "node:path";
import { formatOf, type Picture } from "@thedata/migrator/internal";
import type { LoadedConfig } from "./configuration.ts";

/** The picture that `check` keeps current, or undefined where none is configured. Throws a `ConfigurationError`. */
export function readPicture({ folder, picture, areas }: LoadedConfig): Picture | undefined {
  if (picture === undefined) return undefined;
  formatOf(picture);
  return { file: path.resolve(folder, picture), areas };
}
