// The first step of `npm start` and `npm test`: plain JavaScript that runs on npm and any Node from 20, before anything
// is installed. Installs by the lock file when needed, then runs the job on Node 24, which the install brings.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

const root = path.resolve(import.meta.dirname, "..");
const binaries = path.join(root, "node_modules", ".bin");
const stamp = path.join(root, "node_modules", ".installed");
const pnpm = ["npx", "--yes", "--loglevel=error", readJson("package.json").packageManager];

const jobs = {
  start: ["node", "--conditions=@thedata/source", path.join("scripts", "start.ts")],
  "fleet-demo": ["node", "--conditions=@thedata/source", path.join("scripts", "fleet-demo", "fleet-demo.ts")],
  "create-admin": ["node", "--conditions=@thedata/source", path.join("scripts", "create-admin.ts")],
  test: [...pnpm, "exec", "turbo", "run", "lint", "types", "test", "publint", "--output-logs=new-only"],
};

// Environment variables for a job. HAS_DOCKER is part of turbo's cache key, because the stack's tests need Docker.
const variables = {
  start: () => ({ TETHER_FD: "3" }),
  test: () => ({ HAS_DOCKER: spawnSync("docker", ["info"], { stdio: "ignore" }).status === 0 ? "1" : "0" }),
};

function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), "utf8"));
}

/** A hash of all that determines the install. */
function fingerprint() {
  const hash = createHash("sha256").update(process.platform + process.arch);
  for (const file of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"])
    hash.update(readFileSync(path.join(root, file)));
  return hash.digest("hex");
}

function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === fingerprint() && existsSync(path.join(binaries, "node"));
}

async function install() {
  console.log("Installing the packages of pnpm-lock.yaml; the first time takes a minute …");
  const code = await run([...pnpm, "install", "--frozen-lockfile", "--reporter=append-only"], {
    isShown: isWorthReading,
  });
  if (code !== 0)
    fail(code, "The install failed: see above. It needs the npm registry (`npm ping` tells) and 1 GB of disk.");
  // Written last, so that an interrupted install is repeated.
  writeFileSync(stamp, fingerprint());
}

// pnpm warns for each package about the Node that runs it, but the packages run on the Node that it installs.
const isWorthReading = (line) => !line.includes("Unsupported engine");

/** Runs a command in the project's root with Node 24 first on the PATH; gives its exit code. */
function run([command, ...parameters], { isShown, variables } = {}) {
  const PATH = [binaries, process.env.PATH].join(path.delimiter);
  const stdio = ["inherit", isShown ? "pipe" : "inherit", "inherit"];
  // The fourth pipe is a tether: when this process ends, in whatever way, the child sees it close.
  const child = spawn(command, parameters, {
    cwd: root,
    stdio: [...stdio, "pipe"],
    env: { ...process.env, ...variables, PATH },
  });
  child.stdio[3]?.on("error", () => {});
  if (child.stdout) createInterface(child.stdout).on("line", (line) => isShown(line) && console.log(line));
  // The terminal sends Ctrl-C to the child too, a plain kill reaches only us: forward it, and wait for the child's end.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => signal === "SIGINT" || child.kill(signal));
  return new Promise((resolve) => {
    child.once("error", (error) => fail(1, `${command} cannot be run: ${error.message}`));
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
  });
}

function fail(code, message) {
  console.error(message);
  process.exit(code);
}

const [job = "", ...rest] = process.argv.slice(2);
if (!(job in jobs)) fail(2, `There is no job "${job}": it takes ${Object.keys(jobs).join(" or ")}`);
if (!isInstalled()) await install();
process.exit(await run([...jobs[job], ...rest], { variables: variables[job]?.() }));
