import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:net";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..", "..");

/** An `npm start` under way, without the install before it. */
export interface Running {
  readonly process: ChildProcess;
  readonly port: number;
  /** All that it has written so far. */
  output(): string;
  readonly ended: Promise<number | null>;
  /** The connection string that it announced. */
  dsn(): string;
  ask(target: string, init?: RequestInit): Promise<Response>;
  /** Resolves when it says that it is ready; throws with its output when it ends before. */
  ready(): Promise<void>;
}

/** Starts `scripts/start.ts` on a folder of its own; it ends when this process does, as it ends with npm's. */
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

/** A port that nobody uses at this moment. */
export async function freePort(): Promise<number> {
  const server = await occupy(0);
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Takes a port. */
export async function occupy(port: number): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

/** Whether something listens there. */
export async function isTaken(port: number): Promise<boolean> {
  return await occupy(port).then(
    (server) => new Promise<boolean>((resolve) => server.close(() => resolve(false))),
    () => true,
  );
}
