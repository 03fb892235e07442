import { lastPart, unquote } from "@thedata/catalog/sql";
import type { Contract, Early, Finding, Samples } from "@thedata/releases";
import type { LoadedMigration } from "../history/load.ts";
import type { LedgerTable } from "../ledger/tables.ts";
import type { Connection, Query } from "../postgres/connection.ts";
import { tryOut } from "../postgres/transaction.ts";
import type { BesideFindings, SchemaStep } from "../releases/judge-history.ts";
import type { ApplicationRole } from "../shadow/application-role.ts";
import { createFiller } from "../verify/fill/fill.ts";

export interface TrialRequest {
  /** The migrations, in the order of the history. */
  readonly wanted: readonly string[];
  readonly contracts: readonly Contract[];
  readonly ledger: LedgerTable;
  /** How many rows each table is to have. */
  readonly rows: number;
  /** The role that statements are sent as; undefined: the session's own. */
  readonly role: ApplicationRole | undefined;
  readonly load: (migration: string) => Promise<LoadedMigration>;
}

/** Tries the statements of each release after a migration, and gives what they meet there. */
export type Trial = (migration: string, catalog: SchemaStep["catalog"]) => Promise<Findings>;

/**
 * Tries statements as an application's role. At its own head a release's samples are taken; after it they are sent
 * again, also beside the rows that a newer release may write. What a release sent before its head is confirmed there:
 * then findings are added to those of earlier migrations.
 */
export function createTrial(connection: Connection, request: TrialRequest): Trial {
  const { contracts, rows, wanted, ledger, role } = request;
  const samples = new Map<Contract, Samples>();
  const waiting: { readonly contract: Contract; readonly early: Early; readonly found: Findings }[] = [];
  const fill = createFiller(connection, ledger, { rows });
  const { query } = connection;
  const asRole = async <Result>(work: () => Promise<Result>) =>
    await tryOut({ query }, async () => {
      if (role !== undefined) await query(`set local role ${role.name}`);
      return await work();
    });
  return async (migration, catalog) => {
    const releases = await import("@thedata/releases");
    const found = new Findings();
    const tryAll = async (list: readonly Contract[], work: (contract: Contract) => Promise<readonly Finding[]>) => {
      for (const contract of list) found.add(contract, await asRole(async () => await work(contract)));
    };
    const later = contracts.filter((one) => samples.has(one));
    const samplesOf = (contract: Contract) => samples.get(contract) ?? none;
    await tryAll(contracts, async (one) => await releases.explainStatements(query, one, catalog));
    await tryAll(later, async (one) => await releases.trySamples(query, one, catalog, samplesOf(one)));
    const fresh = contracts.filter(({ head }) => head === migration);
    // Nothing follows the last migration, and nothing went before the only release.
    if (migration === wanted.at(-1) && later.length + waiting.length === 0) return found;
    if (rows > 0 && fresh.length > 0) await withoutAfterTriggers(query, fill);
    for (const contract of fresh) {
      const mayChange = await findMentions(request, migration);
      samples.set(contract, await asRole(async () => await releases.takeSamples(query, contract, mayChange)));
      await tryAll(later, async (one) => await releases.tryDeletes(query, one, catalog, samplesOf(one)));
      for (const reader of later) {
        const findings = await asRole(async () => await releases.tryBeside(query, contract, reader, catalog));
        found.beside.push({ writer: contract.digest, reader: reader.digest, findings });
      }
      for (const { early, found: earlier } of waiting.filter((one) => one.contract === contract))
        earlier.add(contract, await asRole(async () => await releases.confirmEarly(query, contract, early)));
    }
    for (const contract of contracts.filter((one) => !samples.has(one))) {
      const early = await asRole(async () => await releases.tryEarly(query, contract, catalog));
      waiting.push({ contract, early, found });
    }
    return found;
  };
}

const none: Samples = { ran: [], reads: [] };

/** What releases met after a migration. */
class Findings {
  readonly byRelease = new Map<Contract, Finding[]>();
  /** What a release met in rows that a newer one may write. */
  readonly beside: BesideFindings[] = [];

  add(contract: Contract, findings: readonly Finding[]): void {
    this.byRelease.set(contract, [...(this.byRelease.get(contract) ?? []), ...findings]);
  }
}

/** Fills without triggers that would change other rows with it: older releases compare these with what they were. */
async function withoutAfterTriggers(query: Query, fill: () => Promise<unknown>): Promise<void> {
  const triggers = await query<{ table: string; name: string }>(
    `select t.tgrelid::regclass::text as table, quote_ident(t.tgname) as name
       from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where not t.tgisinternal and t.tgenabled = 'O' and t.tgtype & 66 = 0 and t.tgparentid = 0 and c.relkind in ('r', 'p')`,
  );
  const each = async (what: "disable" | "enable") => {
    for (const { table, name } of triggers) await query(`alter table ${table} ${what} trigger ${name}`);
  };
  await each("disable");
  await fill().finally(async () => await each("enable"));
}

/** Says whether later migrations may change a table: they name it, or put SQL together at run time. */
async function findMentions({ wanted, load }: TrialRequest, migration: string): Promise<(table: string) => boolean> {
  const later = [];
  for (const name of wanted.slice(wanted.indexOf(migration) + 1)) later.push(await load(name));
  const text = later
    .flatMap(({ up }) => up.statements)
    .join("\n")
    .toLowerCase();
  const isOpen =
    later.some(({ up }) => up.computed) ||
    /\bexecute\b(?!\s+(?:function|procedure))|\balter (?:type|domain)\b/.test(text);
  return (table) => isOpen || text.includes(unquote(lastPart(table)).toLowerCase());
}
