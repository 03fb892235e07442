import { quote } from "@thedata/catalog/sql";
import { isPlainCast, typeWork } from "../effects/alter-table.ts";
import type { Change } from "../parse/actions.ts";
import { findAll, type Type } from "../parse/syntax.ts";
import { parseStatements } from "../parse/statement.ts";
import { runnerSettings } from "../lint.ts";
import { type Relation, type Schema, shortName } from "../schema/schema.ts";
import { notNullCheck } from "./constraints.ts";
import { type FollowingConstraint, followConstraints } from "./follow-constraints.ts";
import { type FollowingIndex, followIndexes } from "./follow-indexes.ts";
import type { Replacement, Swap } from "./part.ts";
import { type DescribedColumn, freeName, hasSimpleKey, type Subject } from "./subject.ts";

type SetType = Subject<Extract<Change, { readonly do: "set type" }>>;

/** A column, the one that is to take its place, and what both are made of. */
interface Columns {
  /** The new one's name until then. */
  readonly name: string;
  /** The names of both, quoted. */
  readonly old: string;
  readonly now: string;
  /** The new type as SQL writes it. */
  readonly type: string;
  readonly was: DescribedColumn;
  readonly notNull: boolean;
  readonly indexes: readonly FollowingIndex[];
  readonly constraints: readonly FollowingConstraint[];
}

/**
 * A change of type that would rewrite the table: a new column that a trigger keeps equal, filled in batches, takes the
 * old one's place. Undefined where nothing is rewritten, or where more than the column itself would have to be made anew.
 */
export function changeType(subject: SetType): Replacement | undefined {
  const { target, relation } = subject;
  const columns = findColumns(subject);
  if (!columns) return undefined;
  const { name, old, now, type, notNull } = columns;
  const aids = makeAids(subject, columns);
  const { sync, check, same } = aids;
  return {
    now: [`alter table ${target} add column ${now} ${type}`, ...sync.create],
    backfill: {
      table: target,
      set: `${now} = ${old}::${type}`,
      where: `${now} is null and ${old} is not null`,
      column: `${relation.name.replace(/^public\./, "")}.${name}`,
    },
    indexed: columns.indexes.map(({ create }) => create),
    filled: [...(notNull ? [check.add] : []), same.add, ...columns.constraints.map(({ add }) => add)],
    validated: [
      ...(notNull ? [check.validate] : []),
      same.validate,
      ...columns.constraints.map(({ validate }) => validate),
    ],
    swapped: swap(target, columns, aids),
  };
}

/** What the sequence is about; undefined where the direct form is kept. */
function findColumns({ sql, target, change, relation, schema, describe }: SetType): Columns | undefined {
  const column = relation.columns.get(change.column);
  if (!column || !hasSimpleKey(relation) || isUsed(relation, change.column, schema)) return undefined;
  const isRewrite = typeWork(relation, change, schema, runnerSettings) === "rewrite";
  if (!isRewrite || !isPlainCast(change, column.type) || !isSteady(column.type, change.type)) return undefined;
  const [type, was] = [typeText(sql), describe(relation.name, change.column)];
  const isPlain = !change.collation && !column.generated && !column.identity && !column.isSerial;
  if (type === undefined || !was || !isPlain) return undefined;
  const name = freeName(change.column, "_new", relation.columns);
  const now = quote(name);
  const over = schema.indexesOf(relation.name).filter(({ uses }) => uses.includes(change.column));
  const indexes = followIndexes(over, was, { column: change.column, now, target });
  const own = [...relation.constraints.values()].filter(({ columns }) => columns.includes(change.column));
  const constraints = followConstraints(own, was, { column: change.column, now, target });
  if (!indexes || !constraints) return undefined;
  return { name, old: quote(change.column), now, type, was, notNull: column.notNull, indexes, constraints };
}

/** The check that stands in for NOT NULL of the new column. */
function newNotNull({ target, relation, change }: SetType, { old, now }: Columns) {
  const check = notNullCheck({ target, relation, column: change.column });
  return { ...check, add: check.add.replace(`check (${old} `, `check (${now} `) };
}

/** The check that proves, once validated, that the new column has the old one's value in every row. */
function equality({ target, relation, change }: SetType, { old, now, type }: Columns) {
  const name = quote(freeName(`${shortName(relation.name)}_${change.column}`, "_same", relation.constraints));
  return {
    add: `alter table ${target} add constraint ${name} check (${now} is not distinct from ${old}::${type}) not valid`,
    validate: `alter table ${target} validate constraint ${name}`,
    drop: `alter table ${target} drop constraint ${name}`,
  };
}

/** What is there only while both columns are: the trigger, and the checks. */
interface Aids {
  readonly sync: ReturnType<typeof syncing>;
  readonly check: ReturnType<typeof newNotNull>;
  readonly same: ReturnType<typeof equality>;
}

function makeAids(subject: SetType, columns: Columns): Aids {
  return {
    sync: syncing(subject, columns),
    check: newNotNull(subject, columns),
    same: equality(subject, columns),
  };
}

function swap(target: string, columns: Columns, { sync, check, same }: Aids): Swap {
  const { old, now, type, was, notNull, indexes, constraints } = columns;
  const [drop, rename] = [
    `alter table ${target} drop column ${old}`,
    `alter table ${target} rename column ${now} to ${old}`,
  ];
  return {
    up: [
      ...sync.drop,
      ...(notNull ? [`alter table ${target} alter column ${now} set not null`, check.drop] : []),
      same.drop,
      drop,
      rename,
      ...constraints.map((one) => one.rename),
      ...indexes.map(({ from, to }) => `alter index ${homeOf(target)}${from} rename to ${to}`),
      ...(was.default === undefined ? [] : [`alter table ${target} alter column ${old} set default ${was.default}`]),
    ],
    down: [
      `alter table ${target} alter column ${old} type ${was.type} using ${old}::${was.type}`,
      `alter table ${target} add column ${now} ${type}`,
      `update ${target} set ${now} = ${old}::${type}`,
      ...indexes.map(({ create }) => create.replace(" concurrently", "")),
      ...[...(notNull ? [check.add] : []), same.add, ...constraints.map(({ add }) => add)].map((sql) =>
        sql.replace(/ not valid$/, ""),
      ),
      ...sync.create,
    ],
    allowed: [
      { statement: drop, message: "lint: allow drop-column because the new column takes its name at once" },
      { statement: rename, message: "lint: allow rename-column because no program names it yet" },
    ],
  };
}

const wider = [
  ["int2", "int4", "int8", "numeric"],
  ["float4", "float8"],
];
const written = new Set(["int2", "int4", "int8", "numeric", "bool", "uuid"]);

/**
 * True where each value has the same new one in every session, so that a trigger may compute it in an application's: no
 * time zone counts, and no value is refused.
 */
function isSteady(from: Type, to: Type): boolean {
  if (from.isArray || to.isArray) return false;
  if (to.name === "text" && to.modifiers.length === 0) return written.has(from.name);
  const isWider = wider.some((names) => names.includes(from.name) && names.indexOf(to.name) > names.indexOf(from.name));
  if (isWider) return to.name !== "numeric" || to.modifiers.length === 0;
  const [precision = 0, scale = 0] = from.modifiers;
  const [newPrecision = 0, newScale = 0] = to.modifiers;
  const isNumeric = from.name === "numeric" && to.name === "numeric" && from.modifiers.length > 0;
  return isNumeric && newScale >= scale && newPrecision - newScale >= precision - scale;
}

/** The schema before a name that has one: `app.`. */
function homeOf(target: string): string {
  return target.includes(".") ? `${target.slice(0, target.lastIndexOf("."))}.` : "";
}

/** The trigger that writes the new column while both are there. */
function syncing(
  { target, relation, schema, change }: SetType,
  { old, now, type }: Columns,
): { readonly create: string[]; readonly drop: string[] } {
  const taken = { has: (name: string) => schema.functions.has(name) || relation.triggers.has(name) };
  const name = quote(freeName(`${shortName(relation.name)}_${change.column}`, "_sync", taken));
  const home = homeOf(target);
  const body = `begin new.${now} := new.${old}::${type}; return new; end`;
  return {
    create: [
      `create function ${home}${name}() returns trigger language plpgsql as $$${body}$$`,
      `create trigger ${name} before insert or update on ${target} for each row execute function ${home}${name}()`,
    ],
    drop: [`drop trigger ${name} on ${target}`, `drop function ${home}${name}()`],
  };
}

/** The type's text, up to USING. */
function typeText(sql: string): string | undefined {
  const [statement] = parseStatements([sql]);
  const [definition] = findAll(statement?.node, "ColumnDef");
  const start = definition?.typeName?.location;
  if (start === undefined) return undefined;
  const text = Buffer.from(sql).subarray(start).toString();
  return text
    .replace(/\s+using\s[\s\S]*$/i, "")
    .replace(/;\s*$/, "")
    .trim();
}

/** True where a view, a trigger, a policy or another column names the column. */
function isUsed(relation: Relation, column: string, schema: Schema): boolean {
  const names = (columns: readonly (string | undefined)[]) => columns.includes(column);
  return (
    schema.referencesTo(relation.name).some(({ constraint }) => names(constraint.referencedColumns)) ||
    [...relation.columns.values()].some(({ uses }) => names(uses)) ||
    // A trigger that runs behind ours may write the column again.
    [...relation.triggers.values()].some(({ enabled }) => enabled) ||
    [...relation.rules.values()].some(names) ||
    names(relation.policyColumns) ||
    schema.viewsOn(relation.name).some(({ columnsRead }) => columnsRead.get(relation.name)?.has(column))
  );
}
