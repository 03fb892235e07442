import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..", "..");

/** The output and exit code of a command. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of the project as after a clone, with its own stack, volume and images. */
export interface Stack {
  readonly folder: string;
  /** The name that Compose knows it by. */
  readonly project: string;
  /** Runs `docker compose …` in the copy; `input` is its standard input. */
  compose(parameters: readonly string[], input?: string): Promise<Ran>;
  /** Runs `docker compose …` and gives its standard output; throws with all output when it fails. */
  must(parameters: readonly string[], input?: string): Promise<string>;
  /** Sends a request to the API. */
  ask(target: string, init?: RequestInit): Promise<Response>;
  /** Runs SQL as this role, by psql in the database container. */
  sql(role: "postgres" | "thedata_owner" | "thedata_api", text: string): Promise<Ran>;
  remove(): Promise<void>;
}

/** Whether a Docker engine with Compose is available. */
export function hasDocker(): boolean {
  return (
    spawnSync("docker", ["info"], { stdio: "ignore" }).status === 0 &&
    spawnSync("docker", ["compose", "version"], { stdio: "ignore" }).status === 0
  );
}

/** Copies the project and gives its stack, not started; with `bare`, its `.env` has only the port. */
export async function copyStack({ bare = false } = {}): Promise<Stack> {
  const folder = await mkdtemp(path.join(tmpdir(), "stack-"));
  await copyProject(folder);
  const port = await freePort();
  const project = `thedata-test-${randomBytes(4).toString("hex")}`;
  await writeFile(path.join(folder, ".env"), bare ? `API_PORT=${port}\n` : await environment(port));
  const compose = async (parameters: readonly string[], input = "") =>
    await run("docker", ["compose", "-p", project, ...parameters], folder, input);
  const must = async (parameters: readonly string[], input = "") => {
    const { code, stdout, stderr } = await compose(parameters, input);
    if (code !== 0) throw new Error(`docker compose ${parameters.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout;
  };
  return {
    folder,
    project,
    compose,
    must,
    ask: async (target, init) => await fetch(`http://127.0.0.1:${port}${target}`, init),
    sql: async (role, text) =>
      await compose(
        ["exec", "-T", "postgres", "psql", "-v", "ON_ERROR_STOP=1", "-At", "-U", role, "-d", "thedata"],
        text,
      ),
    remove: async () => {
      await compose(["down", "--volumes", "--rmi", "local", "--timeout", "5"]);
      await run("docker", ["image", "rm", "-f", `${project}-migrate`, `${project}-api`], folder);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Runs `docker`, whatever its exit code. */
export async function runDocker(...parameters: readonly string[]): Promise<Ran> {
  return await run("docker", parameters, root);
}

/** Runs `docker` and gives its standard output; throws when it fails. */
export async function docker(...parameters: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runDocker(...parameters);
  if (code !== 0) throw new Error(`docker ${parameters.join(" ")} ended with ${code}:\n${stderr}`);
  return stdout;
}

/** The four secret values of the stack's `.env`. */
export async function readSecrets({ folder }: Stack): Promise<string[]> {
  const env = await readFile(path.join(folder, ".env"), "utf8");
  const secrets = [...env.matchAll(/^(?:\w*PASSWORD|SESSION_SECRET)=(.+)$/gm)].map((match) => match[1] ?? "");
  if (secrets.length !== 4) throw new Error(`.env has ${secrets.length} secrets`);
  return secrets;
}

async function copyProject(folder: string): Promise<void> {
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], root);
  for (const file of stdout.split("\0").filter(Boolean))
    await cp(path.join(root, file), path.join(folder, file)).catch(ignoreDeleted);
}

function ignoreDeleted(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

/** The text of `.env`, made as the README says: the example with generated secrets. */
async function environment(port: number): Promise<string> {
  const example = await readFile(path.join(root, ".env.example"), "utf8");
  const secrets = example.replaceAll(/(?<=^[A-Z_]+)=$/gm, () => `=${randomBytes(24).toString("base64url")}`);
  return `${secrets}\nAPI_PORT=${port}\n`;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Runs a program in the copy, for the copy's stack. */
export async function runIn(
  { folder, project }: Stack,
  command: string,
  parameters: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ran> {
  const { POSTGRES_DSN: _, ...own } = process.env;
  return await run(command, parameters, folder, "", { ...own, COMPOSE_PROJECT_NAME: project, ...env });
}

async function run(
  command: string,
  parameters: readonly string[],
  cwd: string,
  input = "",
  env = process.env,
): Promise<Ran> {
  return await new Promise((resolve, reject) => {
    const child = execFile(
      command,
      [...parameters],
      { cwd, env, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error && typeof error.code !== "number") reject(error);
        else resolve({ code: (error?.code as number | undefined) ?? 0, stdout, stderr });
      },
    );
    // A program that ends without reading its input says so by its exit code.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
