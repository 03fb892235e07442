import { p } from "@mikro-orm/postgresql";
import { entity, onItems } from "./items.ts";
import type { Scenario } from "./scenario.ts";

const dropped = { verdict: "breaks", sqlState: "42703", column: "items.note" } as const;

/** Columns that are added, dropped, renamed. */
export const columns: readonly Scenario[] = [
  onItems({
    row: "drop column",
    name: "a nullable column that the old release maps is dropped",
    columns: "note text",
    rows: "(name, note) values ('a', 'x'), ('b', null)",
    migration: ["alter table items drop column note"],
    old: () => ({ note: p.text().nullable() }),
    new: () => ({}),
    full: { note: "y" },
    oldOnNew: {
      read: { verdict: "wrong", column: "items.note" },
      filter: dropped,
      insert: dropped,
      update: dropped,
      upsert: dropped,
    },
    newOnOld: {},
  }),
];
export { entity };
