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
  /** What running a release's statements showed, by the release's digest; undefined: they were not run. */
  readonly tried?: ReadonlyMap<string, readonly Finding[]> | undefined;
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
  const { createJudge, mergeFindings, satisfiesVersion, worstOf } = await import("@thedata/releases");
  const byContract = contracts.map((contract) => ({
    contract,
    judge: createJudge(contract),
    before: new Set<string>(),
  }));
  const rows = new Map<string, readonly Cell[]>();
  for (const { migration, catalog, tried, writes } of steps) {
    const cells = byContract.map((one): Cell => {
      const side = sideOf(migration, one.contract, names);
      const judged = mergeFindings(one.judge(catalog, side), tried?.get(one.contract.digest));
      const found = [...judged, ...(migration === one.contract.head ? [] : judgeWrites(one.contract, side, writes))];
      const findings = found.map((finding) => attest(finding, one.contract, attestations, satisfiesVersion));
      const fresh = findings.filter((finding) => !one.before.has(keyOf(finding)));
      one.before = new Set(findings.map(keyOf));
      const open = findings.filter(({ attested }) => attested === undefined);
      return { digest: one.contract.digest, verdict: worstOf(open), findings, fresh };
    });
    rows.set(migration, cells);
  }
  return rows;
}

/** Values that a migration changes: whether a release minds, nobody can tell from outside. */
function judgeWrites({ tables }: Contract, side: "later" | "earlier", writes: readonly MigrationWrite[]): Finding[] {
  if (side === "earlier") return [];
  return writes.flatMap(({ table, columns }) => {
    const mapped = tables.find((one) => unquoted(one.table) === unquoted(table));
    if (!mapped) return [];
    const changed = columns?.filter((name) => mapped.columns.some(({ column }) => column === name)) ?? [null];
    return changed.map((column): Finding => {
      const what = column === null ? `removes rows of ${table}` : `changes values of ${table}.${column}`;
      return { verdict: "unknown", operation: "read", table, column, sqlState: null, message: `The migration ${what}` };
    });
  });
}

const unquoted = (name: string) => name.replaceAll('"', "");

function sideOf(migration: string, { head }: Contract, names: readonly string[]): "later" | "earlier" {
  return names.indexOf(migration) < names.indexOf(head) ? "earlier" : "later";
}

function attest(
  finding: Finding,
  contract: Contract,
  attestations: readonly Attestation[],
  satisfies: (version: string, range: string) => boolean,
): StoredFinding {
  const attested = findAttestation(finding, contract, attestations, satisfies)?.reason;
  return attested === undefined ? finding : { ...finding, attested };
}

function keyOf({ verdict, operation, table, column, sqlState, message }: Finding): string {
  return JSON.stringify([verdict, operation, table, column, sqlState, message]);
}
