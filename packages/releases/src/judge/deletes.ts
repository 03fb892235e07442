import type { CatalogObject } from "@thedata/catalog";
import type { Finding } from "./finding.ts";
import { lastName } from "./names.ts";
import { findingOf, type Subject } from "./subject.ts";

/** What deleting a row meets: foreign keys that refer to the table. */
export function judgeDeletes(subject: Subject): Finding[] {
  const { table, atHead, now } = subject;
  const before = atHead.incoming(table.table);
  const after = now.incoming(table.table);
  const same = (one: CatalogObject, other: CatalogObject) => keyOf(one) === keyOf(other);
  return [
    ...after.flatMap((has) =>
      judgeKey(
        subject,
        has,
        before.find((had) => same(had, has)),
      ),
    ),
    ...before.filter((had) => !after.some((has) => same(had, has))).flatMap((had) => judgeGone(subject, had)),
  ];
}

function keyOf({ table, properties }: CatalogObject): string {
  return `${table} ${[properties["columns"] ?? []].flat().join()}`;
}

type Rule = "restrict" | "cascade" | "set null" | "set default";

function ruleOf({ properties }: CatalogObject): Rule {
  const [, rule = "restrict"] =
    / ON DELETE (CASCADE|SET NULL|SET DEFAULT|RESTRICT)/.exec(String(properties["definition"])) ?? [];
  return rule.toLowerCase() as Rule;
}

function judgeKey(subject: Subject, has: CatalogObject, had: CatalogObject | undefined): Finding[] {
  const [rule, name] = [ruleOf(has), lastName(has.name)];
  // The rows of another table stop a deletion only once somebody has written some.
  if (!had)
    return rule === "restrict"
      ? [
          findingOf(
            subject,
            "delete",
            { verdict: "depends", sqlState: "23503" },
            null,
            `${has.table} refers to ${subject.table.table} now (${name}): a row that it refers to cannot be deleted`,
          ),
        ]
      : [];
  const before = ruleOf(had);
  if (before === rule) return [];
  return rule === "restrict"
    ? [
        findingOf(
          subject,
          "delete",
          { verdict: "breaks", sqlState: "23503" },
          null,
          `${name} no longer says ON DELETE ${before.toUpperCase()}: a row with others that refer to it cannot be deleted`,
        ),
      ]
    : [findingOf(subject, "delete", { verdict: "wrong" }, null, `${name} said ${before} on delete and says ${rule}`)];
}

function judgeGone(subject: Subject, had: CatalogObject): Finding[] {
  // With its table or column gone, nothing refers to the row.
  const columns = [had.properties["columns"] ?? []].flat();
  if (!columns.every((column) => subject.now.column(`${had.table}.${column}`))) return [];
  return [
    findingOf(
      subject,
      "delete",
      { verdict: "wrong" },
      null,
      `The foreign key ${lastName(had.name)} is gone: rows of ${had.table} that refer to a deleted one stay`,
    ),
  ];
}
