import { BrokenMigrationError } from "../errors.ts";
import { splitCommands, transactionControlOf } from "@thedata/catalog/sql";
import type { Statement } from "./failure.ts";

/**
 * What the runner runs as a whole outside its own transaction: one statement, or a transaction that the migration
 * wrote.
 */
export interface Unit {
  /** The command that begins the unit's transaction. */
  readonly begin: string;
  /** The statements as the migration has them; only a transaction that it wrote has more than one. */
  readonly all: readonly [Statement, ...Statement[]];
  /** What is sent in the transaction, without the commands that open and close it. */
  readonly statements: readonly Statement[];
}

/** The last statement of a unit. */
export function lastOf({ all }: Unit): Statement {
  return all.at(-1) ?? all[0];
}

/**
 * Groups the statements of a non-transactional migration into units. A transaction that it writes itself, in one
 * statement or over several, becomes one unit, so that its progress rows commit with it. Throws a
 * `BrokenMigrationError` where begin and commit do not match, or only one of them shares a string with other commands.
 */
export function toUnits(migration: string, statements: readonly Statement[]): Unit[] {
  const units: Unit[] = [];
  let open: { first: Statement; inner: Statement[] } | undefined;
  for (const statement of statements) {
    const kind = kindOf(migration, statement);
    if (kind === "whole") units.push(unwrap(statement));
    else if (kind === "begin" && !open) open = { first: statement, inner: [] };
    else if (kind === "commit" && open) {
      units.push({ begin: open.first.sql, all: [open.first, ...open.inner, statement], statements: open.inner });
      open = undefined;
    } else if (kind !== undefined) refuse(migration, statement);
    else if (open) open.inner.push(statement);
    else units.push({ begin: "begin", all: [statement], statements: [statement] });
  }
  if (open) refuse(migration, open.first);
  return units;
}

type Kind = "begin" | "commit" | "whole" | undefined;

function kindOf(migration: string, statement: Statement): Kind {
  const commands = splitCommands(statement.sql);
  const kinds = commands.map(transactionControlOf);
  const controls = kinds.filter((kind) => kind !== undefined);
  if (controls.length === 0) return undefined;
  if (commands.length === 1 && (kinds[0] === "begin" || kinds[0] === "commit")) return kinds[0];
  if (controls.length === 2 && kinds[0] === "begin" && kinds.at(-1) === "commit") return "whole";
  return refuse(migration, statement);
}

/** The unit of a transaction in one string: what is between its first and last command. */
function unwrap(statement: Statement): Unit {
  const commands = splitCommands(statement.sql);
  const [opening, ...rest] = commands;
  const sql = rest
    .slice(0, -1)
    .map((command) => command.sql)
    .join(";\n");
  return {
    begin: opening?.sql ?? "begin",
    all: [statement],
    statements: sql === "" ? [] : [{ ...statement, sql }],
  };
}

function refuse(migration: string, { sql, number, total }: Statement): never {
  throw new BrokenMigrationError(
    migration,
    `${migration} begins or ends a transaction at statement ${number} of ${total} in a way that the runner cannot follow ("${sql.trim().slice(0, 60)}"): give each begin its commit, as two statements of their own or both in one string`,
  );
}
