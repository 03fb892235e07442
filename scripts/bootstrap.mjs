// The first step of `npm start` and `npm test`: plain JavaScript for any Node from 20 and npm, before anything is
// installed. Installs by the lock file when needed, then hands over to Node 24, which comes with the install.
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
  "create-admin": ["node", "--conditions=@thedata/source", path.join("scripts", "create-admin.ts")],
  test: [...pnpm, "exec", "turbo", "run", "lint", "types", "test", "publint", "--output-logs=new-only"],
};

// What a job's programs are told of this run. Whether Docker answers decides what the stack's tests do, so it belongs
// to what turbo's cache goes by.
const variables = {
  start: () => ({ TETHER_FD: "3" }),
  test: () => ({ HAS_DOCKER: spawnSync("docker", ["info"], { stdio: "ignore" }).status === 0 ? "1" : "0" }),
};

function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), "utf8"));
}

/** Everything that says what is to be installed, in one number. */
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
  // Written last: an install that was interrupted is done again.
  writeFileSync(stamp, fingerprint());
}

// pnpm warns of the Node that runs it, a line a package; what it installs runs on the Node that it installs.
const isWorthReading = (line) => !line.includes("Unsupported engine");

/** Runs a command in the project's root with Node 24 first on the path; gives its exit code. */
function run([command, ...parameters], { isShown, variables } = {}) {
  const PATH = [binaries, process.env.PATH].join(path.delimiter);
  const stdio = ["inherit", isShown ? "pipe" : "inherit", "inherit"];
  // The fourth pipe is a tether: when we are gone, however we went, the other end sees it close.
  const child = spawn(command, parameters, {
    cwd: root,
    stdio: [...stdio, "pipe"],
    env: { ...process.env, ...variables, PATH },
  });
  child.stdio[3]?.on("error", () => {});
  if (child.stdout) createInterface(child.stdout).on("line", (line) => isShown(line) && console.log(line));
  // Ctrl-C reaches the child by the terminal, a plain kill only us: hand it on, and wait for the child's own end.
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
