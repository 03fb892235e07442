/** The digits of a migration's name that order it, or undefined. */
export function versionOf(name: string): string | undefined {
  return /\d{4,}/.exec(name)?.[0];
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
