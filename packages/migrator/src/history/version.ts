/** The digits of a migration's name that order it, or undefined. */
export function versionOf(name: string): string | undefined {
  return /\d{4,}/.exec(name)?.[0];
}

/**
 * Compares two names by their versions, then by themselves. Among classes, `Migration2024…`, the names alone decide, as
 * they do for the stock migrator; beside plain SQL, `2024…`, they would not be in the order of their versions.
 */
export function compareNames(one: string, other: string): number {
  const isClass = (name: string) => name.startsWith("Migration");
  const [a, b] = [numberOf(one), numberOf(other)];
  if (!(isClass(one) && isClass(other)) && a !== b) return a < b ? -1 : 1;
  return one < other ? -1 : one > other ? 1 : 0;
}

function numberOf(name: string): bigint {
  return BigInt(/\d+/.exec(name)?.[0] ?? 0);
}

/** Now, in UTC and in seconds; later than everything in the folder, whatever its clocks were. */
export function nextVersion(files: readonly { readonly name: string }[]): string {
  const now = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const last =
    files
      .map(({ name }) => versionOf(name) ?? "")
      .toSorted()
      .at(-1) ?? "";
  return now > last ? now : String(BigInt(last) + 1n);
}
