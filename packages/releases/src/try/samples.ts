import type { Catalog, Query } from "@thedata/catalog";
import type { Contract } from "../contract/contract.ts";
import { type Finding, sortFindings } from "../judge/finding.ts";
import { changedStatements } from "./changed-statements.ts";
import { chooseSamples } from "./choose-samples.ts";
import { describeTried } from "./describe-tried.ts";
import { findForeign, foreignColumns, type Reading, readAll, tryReads } from "./reads.ts";
import { type Outcome, type Ran, runSamples } from "./run-samples.ts";
import type { Sample } from "./sample.ts";

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
  const all = await chooseSamples(query, contract, contract.schema);
  const ran = await runSamples(
    query,
    all.filter(({ statement }) => statement.relations.some(mayChange)),
  );
  return { ran: ran.filter(({ outcome }) => outcome && !outcome.error), reads: await readAll(query, contract) };
}

/** Sends and reads the samples again on a schema that has changed. Needs an open transaction; changes nothing. */
export async function trySamples(
  query: Query,
  contract: Contract,
  catalog: Catalog,
  samples: Samples,
): Promise<Finding[]> {
  const sent = await tryRan(query, contract, catalog, samples.ran);
  return sortFindings([...sent, ...(await tryReads(query, contract, catalog, samples.reads))]);
}

/** Deletes the sampled rows once a newer release has written others, which may refer to them. */
export async function tryDeletes(
  query: Query,
  contract: Contract,
  catalog: Catalog,
  samples: Samples,
): Promise<Finding[]> {
  const deletes = samples.ran.filter(({ sample }) => sample.statement.operation === "delete");
  return sortFindings(await tryRan(query, contract, catalog, deletes));
}

async function tryRan(query: Query, contract: Contract, catalog: Catalog, ran: readonly Ran[]): Promise<Finding[]> {
  const changed = changedStatements(contract, catalog);
  const again = await sendAgain(
    query,
    ran.filter(({ sample }) => changed.has(sample.statement)),
  );
  const tried = again.map(({ sample, first, second }) => ({ sample, own: first, other: second }));
  return describeTried(tried, { contract, catalog });
}

interface SentTwice {
  readonly sample: Sample;
  readonly first: Outcome | undefined;
  readonly second: Outcome | undefined;
}

async function sendAgain(query: Query, ran: readonly Ran[]): Promise<SentTwice[]> {
  const again = await runSamples(
    query,
    ran.map(({ sample }) => sample),
  );
  return again.map(({ sample, outcome }, index) => ({ sample, first: ran[index]?.outcome, second: outcome }));
}

/** What a release sent and read on a schema from before its own. */
export interface Early {
  readonly catalog: Catalog;
  readonly ran: readonly Ran[];
  readonly read: readonly Finding[];
}

/**
 * Sends and reads on a schema from before a release's own. What comes of it counts only once the release's own schema
 * is there: see `confirmEarly`.
 */
export async function tryEarly(query: Query, contract: Contract, catalog: Catalog): Promise<Early> {
  const changed = changedStatements(contract, catalog);
  const all = await chooseSamples(query, contract, catalog);
  const ran = await runSamples(
    query,
    all.filter(({ statement }) => changed.has(statement)),
  );
  return { catalog, ran, read: await findForeign(query, contract, catalog) };
}

/** Says what works on the release's own schema, with the same rows, and did not on the earlier one. */
export async function confirmEarly(query: Query, contract: Contract, early: Early): Promise<Finding[]> {
  const again = await sendAgain(query, early.ran);
  const tried = again.map(({ sample, first, second }) => ({ sample, own: second, other: first }));
  const foreign = await foreignColumns(query, contract);
  const read = early.read.filter(({ table, column }) => !foreign.has(`${table} ${column}`));
  return sortFindings([...describeTried(tried, { contract, catalog: early.catalog }), ...read]);
}
