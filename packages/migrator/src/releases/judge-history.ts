import type { Catalog } from "@thedata/catalog";
import type { Contract, Finding, Verdict } from "@thedata/releases";
import type { Attestation } from "./attestations.ts";
import { findAttestation } from "./attestations.ts";
import type { MigrationWrite } from "./find-writes.ts";
import type { StoredFinding } from "./verdicts.ts";

/** The schema after a migration. */
export interface SchemaStep {
  readonly migration: string;
  readonly link: string;
  readonly catalog: Catalog;
  /** The rows that the migration changes. */
  readonly writes: readonly MigrationWrite[];
  /** What running a release's statements showed; undefined: they were not run. */
  readonly tried?: ReadonlyMap<Contract, readonly Finding[]> | undefined;
  /** What releases met in rows that a newer one may write, at its own head. */
  readonly beside?: readonly BesideFindings[] | undefined;
}

/** What a release met in rows of another one. */
export interface BesideFindings {
  /** The digests of both. */
  readonly writer: string;
  readonly reader: string;
  readonly findings: readonly Finding[];
}

/** How a release does after a migration. */
export interface Cell {
  readonly digest: string;
  readonly verdict: Verdict;
  /** All that it meets there. */
  readonly findings: readonly StoredFinding[];
  /** Those that it did not meet after the migration before. */
  readonly fresh: readonly StoredFinding[];
}

/** Judges releases after each step; `names` is the history. The first step's findings count as fresh. */
export async function judgeHistory(
  contracts: readonly Contract[],
  steps: readonly SchemaStep[],
  attestations: readonly Attestation[],
  names: readonly string[],
): Promise<Map<string, readonly Cell[]>> {
  const { createJudge, satisfiesVersion } = await import("@thedata/releases");
  const judges = contracts.map((contract): Judge => {
    return { contract, judge: createJudge(contract), before: new Set(), attested: new Map() };
  });
  const rows = new Map<string, readonly Cell[]>();
  for (const step of steps) {
    const cells = [];
    for (const one of judges)
      cells.push(await judgeStep(one, step, { attestations, names, satisfies: satisfiesVersion }));
    rows.set(step.migration, cells);
  }
  return rows;
}

/** The judgement of one release, and what it found so far. */
interface Judge {
  readonly contract: Contract;
  readonly judge: (catalog: Catalog, side: "later" | "earlier") => readonly Finding[];
  before: ReadonlySet<string>;
  /** The reasons by finding: an author vouches for what came with his migration, and not for what comes later. */
  readonly attested: Map<string, string>;
}

interface Given {
  readonly attestations: readonly Attestation[];
  readonly names: readonly string[];
  readonly satisfies: (version: string, range: string) => boolean;
}

async function judgeStep(one: Judge, { migration, catalog, tried, writes }: SchemaStep, given: Given): Promise<Cell> {
  const { mergeFindings, worstOf } = await import("@thedata/releases");
  const { contract, before, attested } = one;
  const side = sideOf(migration, contract, given.names);
  const state = mergeFindings(one.judge(catalog, side), tried?.get(contract));
  // What a migration does to rows is no state: a second one does it again.
  const events = migration === contract.head ? [] : judgeWrites(contract, side, writes);
  const freshState = state.filter((finding) => !before.has(keyOf(finding)));
  const own = given.attestations.filter((attestation) => attestation.migration === migration);
  for (const finding of [...freshState, ...events]) {
    const found = findAttestation(finding, contract, own, given.satisfies);
    if (found) attested.set(keyOf(finding), found.reason);
    else attested.delete(keyOf(finding));
  }
  one.before = new Set(state.map(keyOf));
  const toStored = (finding: Finding): StoredFinding => {
    const reason = attested.get(keyOf(finding));
    return reason === undefined ? finding : { ...finding, attested: reason };
  };
  const [findings, fresh] = [[...state, ...events].map(toStored), [...freshState, ...events].map(toStored)];
  const open = findings.filter((finding) => finding.attested === undefined);
  return { digest: contract.digest, verdict: worstOf(open), findings, fresh };
}

/** Values that a migration changes: whether a release minds, nobody can tell from outside. */
function judgeWrites({ tables }: Contract, side: "later" | "earlier", writes: readonly MigrationWrite[]): Finding[] {
  if (side === "earlier") return [];
  return writes.flatMap(({ table, columns }) => {
    const mapped = tables.find((one) => unquoted(one.table) === unquoted(table));
    if (!mapped) return [];
    const changed = columns?.filter((name) => mapped.columns.some(({ column }) => column === name)) ?? [null];
    return changed.map((column): Finding => {
      const what = column === null ? `removes rows of ${mapped.table}` : `changes values of ${mapped.table}.${column}`;
      return {
        verdict: "unknown",
        operation: "read",
        table: mapped.table,
        column,
        sqlState: null,
        message: `The migration ${what}`,
      };
    });
  });
}

const unquoted = (name: string) => name.replaceAll('"', "");

function sideOf(migration: string, { head }: Contract, names: readonly string[]): "later" | "earlier" {
  return names.indexOf(migration) < names.indexOf(head) ? "earlier" : "later";
}

function keyOf({ verdict, operation, table, column, sqlState, message }: Finding): string {
  return JSON.stringify([verdict, operation, table, column, sqlState, message]);
}
