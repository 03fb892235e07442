import { readdir, readFile, realpath } from "node:fs/promises";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findProgram } from "./find-program.ts";
import { type Command, measure } from "./measure.ts";
import type { Peer, Project } from "./peer.ts";
import { ours, startOurs } from "./peers/ours.ts";
import type { Projects } from "./projects.ts";

/** What our no-op `up` loads and opens. */
export interface Trace {
  /** Modules from files, as paths without this machine's folders. */
  readonly modules: readonly string[];
  /** Node's own public modules that `node -e 0` does not load. */
  readonly builtins: readonly string[];
  /** The opened files; undefined without strace. */
  readonly files: readonly string[] | undefined;
  /** The summary of `strace -c`; undefined without strace. */
  readonly systemCalls: string | undefined;
}

/** Lists what a no-op `up` loads and opens; undefined where we are not a peer. */
export async function traceGate(
  projects: Projects,
  peers: readonly Peer[],
  tell: (message: string) => void,
): Promise<Trace | undefined> {
  if (!peers.includes(ours)) return undefined;
  tell("trace of a no-op up");
  const project = await projects.applied(ours, 4);
  const shorten = await createShortener(project);
  const up = startOurs(project, "up");
  // As in most starts: the files are older than two seconds, and an earlier start has cached them.
  await setTimeout(2500);
  await measure(up);
  const { urls, builtins } = await listModules(project, up.argv.slice(1));
  const idle = new Set((await listModules(project, ["-e", "0"])).builtins);
  return {
    modules: urls.filter((url) => url.startsWith("file:")).map((url) => shorten(fileURLToPath(url))),
    builtins: builtins.filter((name) => !idle.has(name) && !name.startsWith("internal/") && !name.includes("_")),
    ...(await straceUp(up, shorten, tell)),
  };
}

async function listModules({ folder, dsn }: Project, argv: readonly string[]) {
  const file = path.join(folder, "modules.json");
  const preload = path.join(import.meta.dirname, "scripts", "list-modules.js");
  const env = { POSTGRES_DSN: dsn, BENCH_MODULES: file };
  await measure({ argv: [process.execPath, "--import", preload, ...argv], env, cwd: folder });
  return JSON.parse(await readFile(file, "utf8")) as { urls: string[]; builtins: string[] };
}

async function straceUp(
  up: Command,
  shorten: (file: string) => string,
  tell: (message: string) => void,
): Promise<Pick<Trace, "files" | "systemCalls">> {
  const strace = findProgram("strace");
  if (!strace) {
    tell("without strace: apt-get install --no-install-recommends strace");
    return { files: undefined, systemCalls: undefined };
  }
  const run = async (...options: string[]) =>
    void (await measure({ ...up, argv: [strace, "-f", ...options, ...up.argv] }));
  // One file per thread: in a shared file, strace splits a call and its result into two lines.
  await run("-ff", "-o", "opened", "-e", "trace=open,openat");
  await run("-o", "calls", "-c", "-S", "calls", "-U", "calls,errors,name");
  return {
    files: (await readOpened(up.cwd)).map((file) => shorten(path.resolve(up.cwd, file))),
    systemCalls: (await readFile(path.join(up.cwd, "calls"), "utf8")).trimEnd(),
  };
}

async function readOpened(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith("opened."));
  const texts = await Promise.all(names.map(async (name) => await readFile(path.join(folder, name), "utf8")));
  const successes = texts.join("\n").matchAll(/^open(?:at)?\([^"\n]*"([^"\n]+)".* = \d+$/gm);
  return [...successes].map(([, file = ""]) => file);
}

/** Makes a function that replaces this machine's folders in paths by words: its project, Node, this repository. */
async function createShortener({ folder }: Project): Promise<(file: string) => string> {
  const root = path.resolve(import.meta.dirname, "..", "..");
  const places: [string, string][] = [
    [await realpath(folder), "project"],
    [folder, "project"],
    [path.dirname(path.dirname(await realpath(process.execPath))), "node"],
    [root, "."],
    [process.env["HOME"] ?? "/root", "home"],
  ];
  return (file) => {
    const place = places.find(([prefix]) => file === prefix || file.startsWith(`${prefix}/`));
    return place ? place[1] + file.slice(place[0].length) : file;
  };
}
