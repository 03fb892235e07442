import { type ChildProcess, spawn } from "node:child_process";
import { commandLine, type Project } from "./project.ts";

/** A started command. */
export interface Started {
  readonly words: readonly string[];
  readonly child: ChildProcess;
  /** The time of its start, by `performance.now()`. */
  readonly since: number;
  readonly ended: Promise<Ending>;
  /** The value of `ended`; undefined while it runs. */
  ending(): Ending | undefined;
  /** Whether it has written any output. */
  hasSpoken(): boolean;
}

/** How a command ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It did not end within two minutes and was killed. */
  readonly hung: boolean;
}

const patienceMs = 120_000;

/** Starts the migrator in a project's folder, as a user does. */
export function start(project: Project, dsn: string, words: readonly string[]): Started {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^(POSTGRES_|MIGRATOR_|NODE_)/.test(key)),
  );
  const child = spawn(process.execPath, [...commandLine(), ...words, "--migrations", "migrations", "--dsn", dsn], {
    cwd: project.folder,
    env: { ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const started = performance.now();
  let ending: Ending | undefined;
  const ended = watch(child).then((value) => (ending = value));
  let spoken = false;
  for (const stream of [child.stdout, child.stderr]) stream?.once("data", () => (spoken = true));
  return { words, child, since: started, ended, ending: () => ending, hasSpoken: () => spoken };
}

/** Runs a command to its end. */
export async function run(project: Project, dsn: string, words: readonly string[]): Promise<Ending> {
  return await start(project, dsn, words).ended;
}

async function watch(child: ChildProcess): Promise<Ending> {
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, patienceMs);
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout: stdout.join(""), stderr: stderr.join(""), hung });
    });
  });
}

function collect(stream: NodeJS.ReadableStream | null): string[] {
  const chunks: string[] = [];
  stream?.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  return chunks;
}
