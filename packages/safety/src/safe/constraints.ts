import { quote } from "@thedata/catalog/sql";
import { provesNotNull } from "../facts/implies.ts";
import type { Change } from "../parse/actions.ts";
import { shortName } from "../schema/schema.ts";
import type { Replacement } from "./part.ts";
import { freeName, type Subject } from "./subject.ts";

type Of<Do> = Subject<Extract<Change, { readonly do: Do }>>;

/** A foreign key or check NOT VALID and validated later, a unique constraint by an index. */
export function addConstraint({ sql, target, change }: Of<"add constraint">): Replacement | undefined {
  const { name, kind, validated, enforced, index } = change.constraint;
  if (name === undefined || index !== undefined) return undefined;
  if ((kind === "foreign key" || kind === "check") && validated && enforced)
    return {
      now: [`${sql.trimEnd()} not valid`],
      validated: [`alter table ${target} validate constraint ${quote(name)}`],
    };
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

/** NOT NULL by a check that is validated before. */
export function setNotNull({
  sql,
  target,
  change,
  relation,
}: Subject<{ readonly column: string }>): Replacement | undefined {
  const { column } = change;
  if (relation.columns.get(column)?.notNull || provesNotNull(relation, column)) return undefined;
  const { add, validate, drop } = notNullCheck({ target, relation, column });
  return { now: [add], validated: [validate, sql, drop] };
}

/** The statements of a check that stands in for NOT NULL: it is added without a look, and validated later. */
export function notNullCheck({
  target,
  relation,
  column,
}: Pick<Subject<unknown>, "target" | "relation"> & { readonly column: string }) {
  const name = quote(freeName(`${shortName(relation.name)}_${column}`, "_set", relation.constraints));
  return {
    add: `alter table ${target} add constraint ${name} check (${quote(column)} is not null) not valid`,
    validate: `alter table ${target} validate constraint ${name}`,
    drop: `alter table ${target} drop constraint ${name}`,
  };
}
