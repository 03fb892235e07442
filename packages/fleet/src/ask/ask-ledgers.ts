import { ledgerOf, MissingSchemaError, type KnownHistory } from "@thedata/migrator";
import { type Connection, connect, type DatabaseAddress } from "@thedata/migrator/postgres";
import { isAtHead, readSchemaStatus } from "@thedata/migrator/status";
import { locate } from "../targets/target.ts";

/** A target, or what a database with tenants shares, whose ledger is to be asked. */
export interface Asked {
  readonly id: string;
  readonly address: string;
  readonly schema: string | null;
  readonly part: "shared" | "schema" | null;
}

/** What a ledger says. */
export interface Answer {
  readonly state: "empty" | "behind" | "current" | "ahead" | "diverged" | "half-done" | "unreachable" | "gone";
  /** The newest migration that is applied; null: none, or the ledger could not be asked. */
  readonly head: string | null;
  readonly message?: string | undefined;
}

/** The histories of the parts; `whole` is that of a database without tenants. */
export interface Histories {
  readonly whole: KnownHistory;
  readonly shared: KnownHistory;
  readonly schema: KnownHistory;
}

export interface AskOptions {
  readonly histories: Histories;
  /** The ledger's name, as the engine takes it; a tenant's is in its schema. */
  readonly ledger: string | undefined;
  /** Gives the address that a session is opened with, password included. */
  readonly addressOf: (target: Asked) => DatabaseAddress;
  readonly concurrency?: number | undefined;
}

export function historyOf({ part }: Pick<Asked, "part">, { whole, shared, schema }: Histories): KnownHistory {
  if (part === "shared") return shared;
  return part === "schema" ? schema : whole;
}

// One session asks this many ledgers of a database at most, so that a database with all tenants has several.
const perSession = 500;

/** Asks the ledger of every target, the schemas of a database on one session, and tells each answer once. */
export async function askLedgers<Item extends Asked>(
  targets: readonly Item[],
  options: AskOptions,
  tell: (target: Item, answer: Answer) => void,
): Promise<void> {
  const groups = Map.groupBy(targets, ({ address }) => address);
  const chunks = [...groups.values()].flatMap((group) => cut(group, perSession));
  const next = chunks[Symbol.iterator]();
  const silent = new Map<string, Error>();
  const work = async () => {
    for (const chunk of next) await askOne(chunk, options, silent, tell);
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 8 }, work));
}

function cut<Item>(items: readonly Item[], size: number): Item[][] {
  const chunks = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}

/** A server that has kept silent once is not asked for its other databases. */
async function askOne<Item extends Asked>(
  targets: readonly Item[],
  options: AskOptions,
  silent: Map<string, Error>,
  tell: (target: Item, answer: Answer) => void,
): Promise<void> {
  const [first] = targets;
  if (!first) return;
  const { server } = locate(first.address);
  const session = await open(first, options, silent.get(server));
  if (session instanceof Error) {
    if (/timeout|timed out/i.test(session.message)) silent.set(server, session);
    for (const target of targets) tell(target, unreachable(session));
    return;
  }
  try {
    for (const target of targets)
      tell(target, await ask(session, target, options).catch((error: unknown) => unreachable(error as Error)));
  } finally {
    await session.close();
  }
}

async function open(target: Asked, options: AskOptions, known: Error | undefined): Promise<Connection | Error> {
  if (known) return known;
  try {
    return await connect(options.addressOf(target), "migrator fleet");
  } catch (error) {
    return error as Error;
  }
}

/** PostgreSQL says 3D000 of a database that is not there. */
function unreachable(error: Error): Answer {
  const isGone = error.cause === "3D000" || error instanceof MissingSchemaError;
  return { state: isGone ? "gone" : "unreachable", head: null, message: error.message };
}

async function ask({ query: send, address }: Connection, target: Asked, options: AskOptions): Promise<Answer> {
  const query = oneAtATime(send);
  const { migrations, digest } = historyOf(target, options.histories);
  const ledger = ledgerOf({ ledger: options.ledger, schema: target.part === "schema" ? target.schema : undefined });
  if (migrations.length === 0) return { state: "current", head: null };
  if (await isAtHead(query, digest, ledger)) return { state: "current", head: migrations.at(-1)?.name ?? null };
  const { state, head, problems } = await readSchemaStatus(query, migrations, { ledger, durable: false });
  if (state === "empty" && target.part === "schema" && !(await isThere(query, ledger.schema)))
    return { state: "gone", head: null, message: new MissingSchemaError(ledger.schema, address).message };
  return { state, head, message: problems[0]?.message };
}

/** `readSchemaStatus` asks two things at once, as one may of a pool. */
function oneAtATime(query: Connection["query"]): Connection["query"] {
  let last: Promise<unknown> = Promise.resolve();
  return async (...question) => {
    const answer = last.catch(() => {}).then(async () => await query(...question));
    last = answer;
    return (await answer) as never;
  };
}

async function isThere(query: Connection["query"], schema: string): Promise<boolean> {
  return (await query("select from pg_namespace where nspname = $1", [schema])).length > 0;
}
