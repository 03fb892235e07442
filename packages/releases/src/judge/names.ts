/** The last part of a name that the catalog writes with its schema and table. */
export function lastName(name: string): string {
  return /("(?:[^"]|"")+"|[^."]+)$/.exec(name)?.[0] ?? name;
}
