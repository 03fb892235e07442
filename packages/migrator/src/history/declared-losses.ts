/** The losses that a migration declares: the names in lines `@loses users.legacy, audit.entries` of its comments. */
export function readDeclaredLosses(source: string): string[] {
  const lines = [...source.matchAll(/@loses[ \t]+([^\n]+)/g)].map((match) => (match[1] ?? "").replace(/\*\/.*$/, ""));
  const names = lines.flatMap((line) => line.split(/[\s,]+/)).map((name) => name.replace(/\.$/, ""));
  return [...new Set(names.filter((name) => name !== ""))];
}
