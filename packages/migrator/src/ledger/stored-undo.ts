import type { Query } from "../postgres/connection.ts";
import { explainLedgerError } from "./ledger.ts";
import { auditTable, type LedgerTable, qualified } from "./tables.ts";

/** What ledger and audit hold of a migration's way back; null: nothing, or nothing that can be read as such. */
export interface StoredUndo {
  readonly name: string;
  readonly checksum: string | null;
  readonly statements: readonly string[] | null;
  readonly transactional: boolean | null;
  readonly losses: readonly string[] | null;
  readonly position: number | null;
  readonly digest: string | null;
  readonly signature: string | null;
  readonly toolVersion: string | null;
  readonly appliedFrom: string | null;
  /** The audit's last word on whether the migration is applied; null: it has none. */
  readonly audit: { readonly action: string; readonly digest: string | null } | null;
}

/** The rows of the ledger in its order: in full where they are asked for, and the positions of all. */
export interface StoredUndos {
  readonly asked: readonly StoredUndo[];
  readonly positions: readonly { readonly name: string; readonly position: number | null }[];
}

/**
 * Reads the undo of some migrations; also of a ledger of the stock CLI or an earlier release. Throws a
 * `ConfigurationError` where the role may not read it.
 */
export async function readStoredUndos(
  query: Query,
  ledger: LedgerTable,
  names: readonly string[],
): Promise<StoredUndos> {
  const bare = "regexp_replace(m.name, '\\.[jt]s$', '')";
  const audit = auditTable(ledger);
  const [found] = await query<{ audited: boolean }>("select to_regclass($1) is not null as audited", [
    qualified(audit),
  ]);
  const entry = `select to_jsonb(a) from ${qualified(audit)} a where a.migration = ${bare}
     and a.action in ('applied', 'reverted', 'baselined', 'repaired') order by a.id desc limit 1`;
  // As JSON, because an earlier release lacks some of the columns.
  const rows = await query<Row>(
    `select ${bare} as name, to_jsonb(m) -> 'undo_position' as position,
            case when ${bare} = any ($1) then to_jsonb(m) end as row,
            ${found?.audited ? `case when ${bare} = any ($1) then (${entry}) end` : "null"} as entry
       from ${qualified(ledger)} m order by m.id`,
    [names],
  ).catch((error: unknown) => {
    throw explainLedgerError(error, ledger, "read");
  });
  return {
    asked: rows.flatMap(toStoredUndo),
    positions: rows.map(({ name, position }) => ({ name, position })),
  };
}

interface Row {
  readonly name: string;
  readonly position: number | null;
  readonly row: Readonly<Record<string, unknown>> | null;
  readonly entry: Readonly<Record<string, unknown>> | null;
}

function toStoredUndo({ name, position, row, entry }: Row): StoredUndo[] {
  if (!row) return [];
  const stored = {
    name,
    checksum: textOf(row["checksum"]),
    statements: textsOf(row["undo"]),
    transactional: typeof row["undo_transactional"] === "boolean" ? row["undo_transactional"] : null,
    losses: textsOf(row["undo_losses"]),
    position,
    digest: textOf(row["undo_digest"]),
    signature: textOf(row["undo_signature"]),
    toolVersion: textOf(row["tool_version"]),
    appliedFrom: textOf(row["applied_from"]),
    audit: entry && { action: textOf(entry["action"]) ?? "", digest: textOf(entry["undo_digest"]) },
  };
  return [stored];
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** Somebody else may have written something else than a list of texts. */
function textsOf(value: unknown): string[] | null {
  return Array.isArray(value) && value.every((one) => typeof one === "string") ? value : null;
}
