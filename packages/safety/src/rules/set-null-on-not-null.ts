import type { ConstraintDefinition } from "../parse/actions.ts";
import type { Hit } from "../finding.ts";
import { any, on, type Rule } from "../rule.ts";
import { onConstraint } from "./shared/constraints.ts";

export const rule: Rule = {
  name: "set-null-on-not-null",
  severity: "error",
  summary: "ON DELETE SET NULL over a column that is NOT NULL makes every such DELETE fail.",
  find: any(
    onConstraint((constraint, { table, relation, at }) => {
      const { action } = at;
      const added = action.do === "alter table" && action.change.do === "add column" ? action.change.column : undefined;
      const isFixed = (name: string) =>
        (added?.name === name ? added.notNull : relation?.columns.get(name)?.notNull) === true;
      return judge(constraint, table, isFixed) ?? false;
    }),
    on("create table", ({ constraints, columns, table }) => {
      const fixed = new Set(columns.flatMap(({ name, notNull }) => (notNull ? [name] : [])));
      return constraints.flatMap((constraint) => judge(constraint, table.join("."), (name) => fixed.has(name)) ?? []);
    }),
  ),
  fires: [
    "alter table lines add foreign key (order_id) references orders (id) on delete set null not valid",
    "alter table lines add column x int not null default 1 references orders (id) on delete set null",
    "alter table orders alter user_id set not null; alter table orders add foreign key (user_id) references users (id) on delete set null not valid",
  ],
  silent: [
    "alter table orders add foreign key (ref_id) references orders (id) on delete set null not valid",
    "alter table lines add foreign key (order_id) references orders (id) on delete cascade not valid",
    "alter table lines add column x int references orders (id) on delete set null",
  ],
};

function judge(
  { onDeleteSetNull, columns }: ConstraintDefinition,
  table: string,
  isFixed: (name: string) => boolean,
): Hit | undefined {
  const fixed = columns.find(isFixed);
  if (!onDeleteSetNull || fixed === undefined) return undefined;
  return {
    message: `ON DELETE SET NULL would put a null into ${table}.${fixed}, which is NOT NULL: each DELETE of the parent fails`,
    hint: "ON DELETE CASCADE or RESTRICT, or a nullable column",
  };
}
