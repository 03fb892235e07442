/** The version in a migration's name: the first run of at least four digits, or undefined. */
export function versionOf(name: string): string | undefined {
  return /\d{4,}/.exec(name)?.[0];
}

/**
 * Compares two names by version, then by text. Two classes, `Migration2024…`, compare by text alone, as in the stock
 * migrator; with plain SQL, `2024…`, among them, text order would not be version order.
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

/**
 * The version of a new migration: now, in UTC and in seconds, but later than any in the folder, whatever clocks made
 * those.
 */
export function nextVersion(files: readonly { readonly name: string }[]): string {
  const now = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const last =
    files
      .map(({ name }) => versionOf(name) ?? "")
      .toSorted()
      .at(-1) ?? "";
  return now > last ? now : String(BigInt(last) + 1n);
}
