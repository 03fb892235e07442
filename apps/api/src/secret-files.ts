import { readFileSync, watchFile } from "node:fs";

const intervalMs = 1000;

/** Calls `onChange` with the variable's name when the content of its file differs from now. */
export function watchFiles(files: Readonly<Record<string, string>>, onChange: (variable: string) => void): void {
  for (const [variable, file] of Object.entries(files)) {
    const before = readOrNothing(file);
    // By polling: a secret's file is replaced as a whole, mostly behind a link, which file system events do not show.
    watchFile(file, { interval: intervalMs, persistent: false }, () => {
      const now = readOrNothing(file);
      if (before !== undefined && now !== undefined && now !== before) onChange(variable);
    });
  }
}

/** The file's content; undefined while it is being replaced. */
function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
