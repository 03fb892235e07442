import { quote } from "@thedata/catalog/sql";
import type { Node } from "@pgsql/types";
import type { Change } from "../parse/actions.ts";
import { volatilityOf } from "../facts/volatility.ts";
import { findAll } from "../parse/syntax.ts";
import { parseStatements } from "../parse/statement.ts";
import { notNullCheck } from "./constraints.ts";
import type { Replacement } from "./part.ts";
import { hasSimpleKey, isWatched, type Subject } from "./subject.ts";

type AddColumn = Subject<Extract<Change, { readonly do: "add column" }>>;

/**
 * A new column whose default is another value for each row: it is added without one, gets it for new rows, and the old
 * ones are filled in batches. Undefined where the default rewrites nothing, or the column has more to it.
 */
export function addColumn(subject: AddColumn): Replacement | undefined {
  const { sql, target, change, relation, schema } = subject;
  const { column, ifNotExists } = change;
  const others = column.constraints.some(({ kind }) => kind !== "not null");
  const isPlain = !others && !column.generated && !column.identity && !column.isSerial && !column.collation;
  // The rows would be written anew by each trigger, which the direct form runs for none.
  if (!isPlain || ifNotExists || !hasSimpleKey(relation) || isWatched(relation, column.name)) return undefined;
  if (!column.default || volatilityOf(column.default, schema) !== "v") return undefined;
  const pieces = cut(sql);
  if (!pieces) return undefined;
  const name = quote(column.name);
  const check = notNullCheck({ target, relation, column: column.name });
  return {
    now: [
      `alter table ${target} add column ${name} ${pieces.type}`,
      `alter table ${target} alter column ${name} set default ${pieces.default}`,
    ],
    backfill: {
      table: target,
      set: `${name} = ${pieces.default}`,
      where: `${name} is null`,
      column: `${relation.name.replace(/^public\./, "")}.${column.name}`,
    },
    ...(column.notNull
      ? {
          filled: [check.add],
          validated: [check.validate, `alter table ${target} alter column ${name} set not null`, check.drop],
        }
      : {}),
  };
}

/** The texts of type and default in an ADD COLUMN, by the places that the parser gives. */
function cut(sql: string): { readonly type: string; readonly default: string } | undefined {
  const [statement] = parseStatements([sql]);
  const [definition] = findAll(statement?.node, "ColumnDef");
  const constraints = (definition?.constraints ?? []).flatMap((one: Node) =>
    "Constraint" in one ? [one.Constraint] : [],
  );
  // The parser counts bytes, from the beginning of the text.
  const bytes = Buffer.from(sql);
  const starts = constraints.map(({ location }) => location ?? -1);
  const end = (start: number) => Math.min(...starts.filter((one) => one > start), bytes.length);
  const own = constraints.find(({ contype }) => contype === "CONSTR_DEFAULT")?.location;
  const type = definition?.typeName?.location;
  if (own === undefined || type === undefined || starts.includes(-1)) return undefined;
  const text = (start: number) => bytes.subarray(start, end(start)).toString().trim();
  return {
    type: text(type),
    default: text(own)
      .replace(/^default\s*/i, "")
      .replace(/;$/, ""),
  };
}
