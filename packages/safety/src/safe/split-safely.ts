import type { Action, ConstraintDefinition } from "../parse/actions.ts";
import { provesNotNull } from "../facts/implies.ts";
import { actionsOf } from "../parse/read-actions.ts";
import { isLive } from "../rule.ts";
import { apply } from "../schema/apply.ts";
import { type Schema, shortName } from "../schema/schema.ts";
import { parseStatements } from "../parse/statement.ts";

/** A migration of a safe sequence. */
export interface SafePart {
  readonly statements: readonly string[];
  /** False: each statement is a transaction of its own. */
  readonly transactional: boolean;
  /** Why it is a migration of its own, in one sentence; undefined: the rest of the change. */
  readonly why: string | undefined;
}

/** What takes the place of a statement. */
interface Replacement {
  /** In the transaction at hand. */
  readonly now?: string;
  /** In a migration of its own, outside a transaction. */
  readonly alone?: readonly string[];
  /** In a last migration, once the others are applied everywhere. */
  readonly later?: readonly string[];
}

const whyAlone = "CONCURRENTLY keeps nobody waiting, and runs outside a transaction.";
const whyLater =
  "What was added NOT VALID is validated here: the scan keeps nobody waiting, because no stronger lock is held.";

/**
 * Splits statements into a sequence of migrations that keep readers and writers of live tables waiting for moments only:
 * indexes CONCURRENTLY, foreign keys and checks NOT VALID and validated later, NOT NULL by a validated check, a unique
 * constraint by an index. One part, the statements as they are: there is nothing to split. `schema` is changed.
 */
export function splitSafely(statements: readonly string[], schema: Schema): SafePart[] {
  const parts: SafePart[] = [];
  const later: string[] = [];
  let open: string[] = [];
  const close = () => {
    if (open.length > 0) parts.push({ statements: open, transactional: true, why: undefined });
    open = [];
  };
  for (const sql of statements) {
    const { now = undefined, alone, later: deferred = [] } = replace(sql, schema) ?? { now: sql };
    if (now !== undefined) open.push(now);
    if (alone) {
      close();
      parts.push({ statements: alone, transactional: false, why: whyAlone });
    }
    later.push(...deferred);
    for (const { node } of parseStatements([sql])) for (const action of actionsOf(node)) apply(action, schema, 0);
  }
  close();
  if (later.length > 0) parts.push({ statements: later, transactional: true, why: whyLater });
  return parts;
}

/** The safe form of a statement; undefined where it is safe as it is, or has none. */
function replace(sql: string, schema: Schema): Replacement | undefined {
  const parsed = parseStatements([sql]);
  const actions = parsed.flatMap(({ node }) => actionsOf(node));
  const [action] = actions;
  if (parsed.length !== 1 || actions.length !== 1 || !action) return undefined;
  if (action.do === "create index") return createIndex(sql, action, schema);
  if (action.do === "drop") return dropIndex(sql, action, schema);
  if (action.do !== "alter table") return undefined;
  const { change, table } = action;
  const relation = schema.relation(table);
  if (!isLive(relation) || relation?.kind !== "table") return undefined;
  const target =
    /^\s*alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?((?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))?)/i.exec(
      sql,
    )?.[1];
  if (target === undefined) return undefined;
  if (change.do === "add constraint") return addConstraint(sql, target, change.constraint);
  if (change.do === "set not null") {
    if (relation.columns.get(change.column)?.notNull || provesNotNull(relation, change.column)) return undefined;
    return setNotNull(sql, target, `${shortName(relation.name)}_${change.column}_set`.slice(0, 63), change.column);
  }
  return undefined;
}

type Of<Do> = Extract<Action, { readonly do: Do }>;

function createIndex(
  sql: string,
  { table, concurrently }: Of<"create index">,
  schema: Schema,
): Replacement | undefined {
  const relation = schema.relation(table);
  if (concurrently || !isLive(relation) || !["table", "materialized view"].includes(relation?.kind ?? ""))
    return undefined;
  return { alone: [sql.replace(/^(\s*create\s+(?:unique\s+)?index)\s+/i, "$1 concurrently ")] };
}

function dropIndex(
  sql: string,
  { type, name, concurrently, count, cascade }: Of<"drop">,
  schema: Schema,
): Replacement | undefined {
  if (type !== "OBJECT_INDEX" || concurrently || count > 1 || cascade) return undefined;
  const index = schema.indexes.get(schema.resolve(name, schema.indexes));
  const relation = index && schema.relations.get(index.table);
  if (!index || !isLive(relation) || relation?.kind !== "table") return undefined;
  return { alone: [sql.replace(/^(\s*drop\s+index)\s+/i, "$1 concurrently ")] };
}

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

function addConstraint(
  sql: string,
  target: string,
  { name, kind, validated, enforced, index }: ConstraintDefinition,
): Replacement | undefined {
  if (name === undefined || index !== undefined) return undefined;
  if ((kind === "foreign key" || kind === "check") && validated && enforced)
    return { now: `${sql.trimEnd()} not valid`, later: [`alter table ${target} validate constraint ${quote(name)}`] };
  if (kind !== "unique") return undefined;
  const columns = /\bunique\s*(\((?:[^()]|"[^"]*")*\))\s*$/i.exec(sql)?.[1];
  if (columns === undefined) return undefined;
  return {
    alone: [
      `create unique index concurrently ${quote(name)} on ${target} ${columns}`,
      `alter table ${target} add constraint ${quote(name)} unique using index ${quote(name)}`,
    ],
  };
}

function setNotNull(sql: string, target: string, name: string, column: string): Replacement {
  const constraint = quote(name);
  return {
    now: `alter table ${target} add constraint ${constraint} check (${quote(column)} is not null) not valid`,
    later: [
      `alter table ${target} validate constraint ${constraint}`,
      sql,
      `alter table ${target} drop constraint ${constraint}`,
    ],
  };
}
