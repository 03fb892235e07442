import { spawn } from "node:child_process";
import path from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

/** A program's exit code and output. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts one of the API's programs with only this environment; it ends with this process at the latest. */
export function start(program: string, env: Record<string, string>, args: readonly string[] = []) {
  const file = path.join(import.meta.dirname, "../src", program);
  const tether = pathToFileURL(path.join(import.meta.dirname, "tether.ts")).href;
  const options = ["--conditions=@thedata/source", `--import=${tether}`];
  // The fourth pipe is the tether's.
  const child = spawn(process.execPath, [...options, file, ...args], { env, stdio: ["pipe", "pipe", "pipe", "pipe"] });
  const ended: Promise<Ending> = Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once("exit", resolve)),
  ]).then(([stdout, stderr, code]) => ({ code, stdout, stderr }));
  return { child, ended };
}

/** Runs a program to its end; `input` is its standard input. */
export async function run(
  program: string,
  env: Record<string, string>,
  args: readonly string[] = [],
  input = "",
): Promise<Ending> {
  const { child, ended } = start(program, env, args);
  child.stdin.end(input);
  return await ended;
}

/** Starts the API on a free port and gives its address once it listens. */
export async function listen(env: Record<string, string>) {
  const { child, ended } = start("main.ts", { HOST: "127.0.0.1", PORT: "0", LOG_LEVEL: "info", ...env });
  const address = await new Promise<string>((resolve, reject) => {
    let log = "";
    child.stdout.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      const found = /http:\/\/[\d.]+:\d+/.exec(log);
      if (found) resolve(found[0]);
    });
    void ended.then(({ stderr }) => reject(new Error(`the API ended: ${stderr}`)));
  });
  return { child, ended, address };
}
