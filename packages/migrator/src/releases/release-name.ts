import { ConfigurationError } from "../errors.ts";

/**
 * The version, or range, of `1.4.0` or `@thedata/models@1.4.0`. Throws a `ConfigurationError` for a release of another
 * package.
 */
export function versionOf(release: string, name: string): string {
  const at = release.lastIndexOf("@");
  const given = release.slice(0, Math.max(at, 0));
  if (given === "" || given === name) return release.slice(at + 1);
  throw new ConfigurationError(`${release} is a release of ${given}, and the contracts are those of ${name}`);
}
