import type { Catalog, Query } from "@thedata/catalog";
import type { Contract } from "../contract/contract.ts";
import { type Finding, sortFindings } from "../judge/finding.ts";
import { findForeign, foreignColumns, type Reading, readAll, tryReads } from "./reads.ts";
import type { Outcome, Sample } from "./sample.ts";
import { changedSamples, describeTried, readSamples, runAll } from "./writes.ts";

/** What a release sent on a schema, and what came of it. */
export interface Ran {
  readonly sample: Sample;
  readonly outcome: Outcome | undefined;
}

/** What a release wrote, searched and read on its own schema. */
export interface Samples {
  readonly ran: readonly Ran[];
  readonly reads: readonly Reading[];
}

/**
 * Takes samples on a release's own schema, of the rows that are there, for the tables that may change later. Needs an
 * open transaction, and changes nothing.
 */
export async function takeSamples(
  query: Query,
  contract: Contract,
  mayChange: (table: string) => boolean = () => true,
): Promise<Samples> {
  const samples = await readSamples(query, contract, contract.schema);
  const ran = await runAll(
    query,
    samples.filter(({ statement }) => statement.relations.some(mayChange)),
  );
  return { ran: ran.filter(({ outcome }) => outcome && !outcome.error), reads: await readAll(query, contract) };
}

/** Sends and reads the samples again on a schema that has changed. Needs an open transaction; changes nothing. */
export async function trySamples(
  query: Query,
  contract: Contract,
  catalog: Catalog,
  { ran, reads }: Samples,
): Promise<Finding[]> {
  const again = await runAgain(query, changedSamples(ran, contract, catalog), contract, catalog);
  return sortFindings([...again, ...(await tryReads(query, contract, catalog, reads))]);
}

/** Deletes the sampled rows once a newer release has written others, which may refer to them. */
export async function tryDeletes(query: Query, contract: Contract, catalog: Catalog, { ran }: Samples) {
  const deletes = ran.filter(({ sample }) => sample.statement.operation === "delete");
  return sortFindings(await runAgain(query, changedSamples(deletes, contract, catalog), contract, catalog));
}

async function runAgain(query: Query, ran: readonly Ran[], contract: Contract, catalog: Catalog): Promise<Finding[]> {
  const again = await runAll(
    query,
    ran.map(({ sample }) => sample),
  );
  const tried = again.map(({ sample, outcome: other }, index) => ({ sample, own: ran[index]?.outcome, other }));
  return describeTried(tried, { contract, catalog });
}

/** What a release sent on a schema from before its own, and what is clear of it there and then. */
export interface Early {
  readonly ran: readonly Ran[];
  readonly findings: readonly Finding[];
  readonly catalog: Catalog;
}

/**
 * Sends what a release may write and search on a schema from before its own. What comes of it counts only once the
 * release's own schema is there: see `confirmEarly`.
 */
export async function tryEarly(query: Query, contract: Contract, catalog: Catalog): Promise<Early> {
  const all = (await readSamples(query, contract, catalog)).map((sample) => ({ sample }));
  const samples = changedSamples(all, contract, catalog).map(({ sample }) => sample);
  return { ran: await runAll(query, samples), findings: await findForeign(query, contract, catalog), catalog };
}

/** Says what works on the release's own schema, with the same rows, and did not on the earlier one. */
export async function confirmEarly(
  query: Query,
  contract: Contract,
  { ran, findings, catalog }: Early,
): Promise<Finding[]> {
  const again = await runAll(
    query,
    ran.map(({ sample }) => sample),
  );
  const tried = again.map(({ sample, outcome: own }, index) => ({ sample, own, other: ran[index]?.outcome }));
  const foreign = await foreignColumns(query, contract);
  const read = findings.filter(({ table, column }) => !foreign.has(`${table} ${column}`));
  return sortFindings([...describeTried(tried, { contract, catalog }), ...read]);
}
