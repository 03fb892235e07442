import type { CatalogObject } from "@thedata/catalog";
import { lastPart } from "@thedata/catalog/sql";
import type { Finding } from "./finding.ts";
import { columnsOf } from "../schema/schema.ts";
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

function keyOf(key: CatalogObject): string {
  return `${key.table} ${columnsOf(key).join()}`;
}

type Rule = "restrict" | "cascade" | "set null" | "set default";

function ruleOf({ properties }: CatalogObject): Rule {
  const [, rule = "restrict"] =
    / ON DELETE (CASCADE|SET NULL|SET DEFAULT|RESTRICT)/.exec(String(properties["definition"])) ?? [];
  return rule.toLowerCase() as Rule;
}

function judgeKey(subject: Subject, has: CatalogObject, had: CatalogObject | undefined): Finding[] {
  if (!had) return judgeFresh(subject, has);
  const [before, rule, name] = [ruleOf(had), ruleOf(has), lastPart(has.name)];
  if (before === rule) return [];
  if (rule === "restrict") {
    const message = `${name} does not say ON DELETE ${before.toUpperCase()}: a row that others refer to cannot be deleted`;
    return [findingOf(subject, "delete", { verdict: "breaks", sqlState: "23503" }, null, message)];
  }
  // A program that was made for the refusal does not delete such rows.
  if (subject.side === "earlier" && before === "restrict") return [];
  return [
    findingOf(subject, "delete", { verdict: "wrong" }, null, `${name} said ${before} on delete and says ${rule}`),
  ];
}

/** The rows of another table matter to a deletion only once somebody has written some. */
function judgeFresh(subject: Subject, has: CatalogObject): Finding[] {
  const [rule, name] = [ruleOf(has), lastPart(has.name)];
  if (rule === "restrict") {
    const message = `${has.table} refers to ${subject.table.table} (${name}): a row that it refers to cannot be deleted`;
    return [findingOf(subject, "delete", { verdict: "depends", sqlState: "23503" }, null, message)];
  }
  const isKnown = subject.atHead.table(has.table ?? "") !== undefined;
  // A reference that is set to null is no loss to a release that does not know it.
  const isFresh = columnsOf(has).every((column) => !subject.atHead.columnOf(has.table ?? "", column));
  if (rule === "set null" && isFresh) return [];
  const verdict = subject.side === "earlier" && isKnown ? "wrong" : "depends";
  const message = `A deletion reaches rows of ${has.table} unseen: ${name} says ${rule} on delete`;
  return [findingOf(subject, "delete", { verdict }, null, message)];
}

function judgeGone(subject: Subject, had: CatalogObject): Finding[] {
  // With its table or column gone, nothing refers to the row.
  if (!columnsOf(had).every((column) => subject.now.columnOf(had.table ?? "", column))) return [];
  if (subject.side === "earlier" && ruleOf(had) === "restrict") return [];
  const message = `The foreign key ${lastPart(had.name)} is gone: rows of ${had.table} that refer to a deleted one stay`;
  return [findingOf(subject, "delete", { verdict: "wrong" }, null, message)];
}
