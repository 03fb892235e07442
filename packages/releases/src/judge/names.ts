/** The last part of a name that the catalog writes with its schema and table. */
export function lastName(name: string): string {
  return /("(?:[^"]|"")+"|[^."]+)$/.exec(name)?.[0] ?? name;
}

/** A name as the catalog writes it as part of another. */
export function quoteWhereNeeded(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
