import { quote } from "@thedata/catalog/sql";
import type { Constraint } from "../schema/schema.ts";
import { allOrNone, type DescribedColumn, freeName, replaceColumn } from "./subject.ts";

/** A constraint over the old column, and the one over the new column that takes its place. */
export interface FollowingConstraint {
  /** NOT VALID, under a name of its own. */
  readonly add: string;
  readonly validate: string;
  /** To the name of the old one, which is gone by then. */
  readonly rename: string;
}

/**
 * The foreign keys and checks that a new column needs to take another's place. Undefined for any other constraint but
 * NOT NULL, for one that is not validated, and where a definition is not known.
 */
export function followConstraints(
  constraints: readonly Constraint[],
  { constraints: definitions }: DescribedColumn,
  { column, now, target }: { readonly column: string; readonly now: string; readonly target: string },
): FollowingConstraint[] | undefined {
  const following = constraints
    .filter(({ kind }) => kind !== "not null")
    .map(({ name, kind, validated, enforced }) => {
      const definition = definitions.get(name);
      if (definition === undefined || !validated || !enforced || !(kind === "foreign key" || kind === "check"))
        return undefined;
      // The referenced column may have the same name.
      const [own = "", ...rest] = definition.split(/(?= REFERENCES )/);
      const over = [replaceColumn(own, column, now), ...rest].join("");
      if (over === definition) return undefined;
      const from = quote(freeName(name, "_new", definitions));
      return {
        add: `alter table ${target} add constraint ${from} ${over} not valid`,
        validate: `alter table ${target} validate constraint ${from}`,
        rename: `alter table ${target} rename constraint ${from} to ${quote(name)}`,
      };
    });
  return allOrNone(following);
}
