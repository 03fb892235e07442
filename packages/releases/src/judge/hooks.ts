import type { CatalogObject } from "@thedata/catalog";
import { lastPart } from "@thedata/catalog/sql";
import type { Operation } from "../contract/contract.ts";
import type { Finding } from "./finding.ts";
import type { Schema } from "../schema/schema.ts";
import { findingOf, type Subject } from "./subject.ts";

/** Triggers, rules and row security that came or changed: what they do, nobody can tell from outside. */
export function judgeHooks(subject: Subject): Finding[] {
  return [...judgeTriggers(subject), ...judgeRules(subject), ...judgeRowSecurity(subject)];
}

function judgeTriggers(subject: Subject): Finding[] {
  const { table, atHead, now } = subject;
  const known = new Set(atHead.of("trigger", table.table).map((one) => hookOf(one, atHead)));
  const active = now.of("trigger", table.table).filter(({ properties }) => properties["enabled"] !== "disabled");
  return active
    .filter((one) => !known.has(hookOf(one, now)))
    .flatMap((trigger) =>
      operationsOf(trigger).map((operation) =>
        findingOf(
          subject,
          operation,
          { verdict: "unknown" },
          null,
          `The trigger ${lastPart(trigger.name)} came, or its function changed`,
        ),
      ),
    );
}

/** A trigger with what its function does. */
function hookOf({ properties }: CatalogObject, schema: Schema): string {
  const definition = String(properties["definition"]);
  const [, name = ""] = / EXECUTE FUNCTION ([^(]+)\(/.exec(definition) ?? [];
  const body = schema.function(`${name}()`) ?? schema.function(`public.${name}()`);
  return `${definition} ${properties["enabled"]} ${body?.properties["definition"]}`;
}

function operationsOf({ properties }: CatalogObject): Operation[] {
  const [, events = ""] = /(?:BEFORE|AFTER|INSTEAD OF) (.*?) ON /.exec(String(properties["definition"])) ?? [];
  return [
    ...(events.includes("INSERT") ? (["insert", "upsert"] as const) : []),
    ...(events.includes("UPDATE") ? (["update"] as const) : []),
    ...(events.includes("DELETE") ? (["delete"] as const) : []),
  ];
}

function judgeRules(subject: Subject): Finding[] {
  const { table, atHead, now } = subject;
  const known = new Set(atHead.of("rule", table.table).map(({ properties }) => properties["definition"]));
  return now
    .of("rule", table.table)
    .filter(({ properties }) => !known.has(properties["definition"]))
    .flatMap((rule) =>
      (["insert", "update", "delete"] as const).map((operation) =>
        findingOf(subject, operation, { verdict: "unknown" }, null, `The rule ${lastPart(rule.name)} came`),
      ),
    );
}

function judgeRowSecurity(subject: Subject): Finding[] {
  const { table, atHead, now } = subject;
  const of = (schema: Schema) => {
    const { rowSecurity } = schema.table(table.table)?.properties ?? {};
    return rowSecurity
      ? JSON.stringify([true, ...schema.of("policy", table.table).map(({ properties }) => properties)])
      : "off";
  };
  if (of(atHead) === of(now)) return [];
  return (["read", "filter", "insert", "update", "delete", "upsert"] as const).map((operation) =>
    findingOf(
      subject,
      operation,
      { verdict: "unknown" },
      null,
      `Row security of ${table.table} changed: which rows a role sees and writes, only the server can tell`,
    ),
  );
}
