/** What to do where the shadow's server lacks the files of an extension. */
export function installFirst(extension: string): string {
  return `The server of the shadow database does not have the extension ${extension}: install it there, or name a server that has it by --shadow-dsn`;
}
