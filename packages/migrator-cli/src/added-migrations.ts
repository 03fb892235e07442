import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ConfigurationError } from "@thedata/migrator/internal";

/** The migrations whose files git does not have at `base`. Throws a `ConfigurationError` where git does not know that. */
export async function findAdded(directory: string, base: string): Promise<string[]> {
  const run = async (...words: string[]) =>
    (await promisify(execFile)("git", words, { cwd: directory, maxBuffer: 1 << 28 })).stdout;
  try {
    await run("rev-parse", "--verify", "--quiet", `${base}^{commit}`);
    const changed = await run("diff", "--name-only", "--diff-filter=A", "--relative", base, "--", ".");
    const untracked = await run("ls-files", "--others", "--exclude-standard", "--", ".");
    const names = `${changed}${untracked}`
      .split("\n")
      .filter((name) => /\.([cm]?[jt]s|sql)$/.test(name) && !name.includes("/"));
    return [...new Set(names.map((name) => name.replace(/(\.(up|down))?\.[^.]+$/, "")))];
  } catch (cause) {
    throw new ConfigurationError(`--base ${base} is no commit that git knows here`, { cause });
  }
}
