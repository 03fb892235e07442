import { parseArgs } from "node:util";
import type { Peer } from "./peer.ts";
import { peers } from "./peers/index.ts";
import { type Login, logins } from "./server.ts";
import { fullWorkloads, smokeWorkloads, type Workload } from "./workloads.ts";

/** The options of a benchmark run. */
export interface Options {
  readonly smoke: boolean;
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  /** A superuser's address; undefined: the benchmark starts a server. */
  readonly dsn: string | undefined;
  /** The login to the server that the benchmark starts. */
  readonly login: Login;
  /** The folder that gets RESULTS.md and results.svg. */
  readonly out: string;
  /** Whether to list the files and modules of a no-op `up`. */
  readonly trace: boolean;
}

export const help = `pnpm bench [options]

  --smoke          tiny sizes, two rounds, the quick peers: shows only that it works
  --rounds N       so many rounds of every workload
  --only W1,W3     these workloads alone: ${fullWorkloads
    .map(({ id }) => id)
    .toSorted()
    .join(", ")}
  --peers a,b      these peers alone: ${peers.map(({ id }) => id).join(", ")}
  --dsn URL        a superuser's address on a server that may be filled; without it one is started
  --login HOW      to the server that is started: ${logins.join(" or ")} (default: trust)
  --out DIR        where RESULTS.md and results.svg go (default: bench)
  --no-trace       without the list of what a no-op up opens and loads
`;

const flags = {
  smoke: { type: "boolean", default: false },
  rounds: { type: "string" },
  only: { type: "string" },
  peers: { type: "string" },
  dsn: { type: "string" },
  login: { type: "string", default: "trust" },
  out: { type: "string" },
  trace: { type: "boolean", default: true },
  help: { type: "boolean", default: false },
} as const;

/** Parses the command line; undefined when it asks for help. Throws for wrong options. */
export function readOptions(args: readonly string[], defaultOut: string): Options | undefined {
  const { values } = parseArgs({ args: [...args], options: flags, strict: true, allowNegative: true });
  if (values.help) return undefined;
  const rounds = values.rounds === undefined ? undefined : toCount(values.rounds);
  const workloads = pick(values.smoke ? smokeWorkloads : fullWorkloads, values.only, "workload");
  return {
    smoke: values.smoke,
    workloads: workloads.map((workload) => ({ ...workload, rounds: rounds ?? workload.rounds })),
    peers: pick(values.smoke && !values.peers ? peers.filter(({ quick }) => quick) : peers, values.peers, "peer"),
    dsn: values.dsn,
    login: toLogin(values.login),
    out: values.out ?? defaultOut,
    trace: values.trace,
  };
}

function toCount(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`--rounds is "${text}": it takes a number from 1`);
}

function toLogin(text: string): Login {
  const login = logins.find((one) => one === text);
  if (login) return login;
  throw new Error(`--login is "${text}": it takes ${logins.join(" or ")}`);
}

function pick<Item extends { readonly id: string }>(
  all: readonly Item[],
  text: string | undefined,
  what: string,
): readonly Item[] {
  if (text === undefined) return all;
  const ids = text.split(",");
  const unknown = ids.find((id) => !all.some((one) => one.id === id));
  if (unknown !== undefined)
    throw new Error(`there is no ${what} "${unknown}": there are ${all.map(({ id }) => id).join(", ")}`);
  return all.filter(({ id }) => ids.includes(id));
}
