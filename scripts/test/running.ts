import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:net";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..", "..");

/** A running `npm start`, without its install step. */
export interface Running {
  readonly process: ChildProcess;
  readonly port: number;
  /** Its output so far. */
  output(): string;
  readonly ended: Promise<number | null>;
  /** The connection string in its output. */
  dsn(): string;
  ask(target: string, init?: RequestInit): Promise<Response>;
  /** Resolves when it is ready; throws with its output if it ends before. */
  ready(): Promise<void>;
}

/** Starts `scripts/start.ts` with this folder and port; it ends when this process ends, as with npm. */
export function start(folder: string, port: number, variables: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, ["--conditions=@thedata/source", "scripts/start.ts"], {
    cwd: root,
    env: { ...process.env, DATA_DIR: folder, PORT: String(port), TETHER_FD: "3", ...variables },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const ready = async () => {
    const sees = new Promise<void>((resolve) =>
      child.stdout.on("data", () => output.includes("Ctrl-C stops") && resolve()),
    );
    const fails = ended.then(() => {
      throw new Error(`npm start ended before it was ready:\n${output}`);
    });
    await Promise.race([sees, fails]);
  };
  return {
    process: child,
    port,
    output: () => output,
    ended,
    dsn: () => /postgresql:\/\/\S+/.exec(output)?.[0] ?? "",
    ask: async (target, init) => await fetch(`http://127.0.0.1:${port}${target}`, init),
    ready,
  };
}

/** A port that is free at this moment. */
export async function freePort(): Promise<number> {
  const server = await occupy(0);
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Listens on a port. */
export async function occupy(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

/** Whether the port is in use. */
export async function isTaken(port: number): Promise<boolean> {
  return await occupy(port).then(
    (server) => new Promise<boolean>((resolve) => server.close(() => resolve(false))),
    () => true,
  );
}
