import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ConfigurationError } from "@thedata/migrator/internal";

/** The migrations whose files git does not have at `base`. Throws a `ConfigurationError` where git does not know that. */
export async function findAdded(directory: string, base: string): Promise<string[]> {
  const run = async (...words: string[]) =>
    (await promisify(execFile)("git", words, { cwd: directory, maxBuffer: 1 << 28 })).stdout;
  try {
    await run("rev-parse", "--verify", "--quiet", `${base}^{commit}`);
    // What base got since is not this change's; a new file that resembles an old one is new all the same.
    const from = (await run("merge-base", base, "HEAD")).trim();
    const changed = await run("diff", "--no-renames", "--name-only", "--diff-filter=A", "--relative", from, "--", ".");
    const untracked = await run("ls-files", "--others", "--exclude-standard", "--", ".");
    const names = `${changed}${untracked}`
      .split("\n")
      .filter((name) => /\.([cm]?[jt]s|sql)$/.test(name) && !name.includes("/"));
    return [...new Set(names.map((name) => name.replace(/(\.(up|down))?\.[^.]+$/, "")))];
  } catch (cause) {
    throw new ConfigurationError(`--base ${base} is no commit that git knows here`, { cause });
  }
}
