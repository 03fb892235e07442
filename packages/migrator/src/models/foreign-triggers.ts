import type { Catalog } from "@thedata/catalog";
import { lastPart, unquote } from "@thedata/catalog/sql";

/**
 * Leaves out the statements by which MikroORM would drop triggers that migrations made by hand: each trigger of its own
 * has a function of its own, `<table>_<trigger>_fn`.
 */
export function keepForeignTriggers(statements: readonly string[], before: Catalog): string[] {
  const functions = new Set(before.filter(({ kind }) => kind === "function").map(({ name }) => ownName(name)));
  return statements.filter((statement) => {
    const [, made] = /^drop function if exists (\S+)\(\)$/.exec(statement) ?? [];
    if (made !== undefined) return functions.has(ownName(made));
    const [, trigger, table] = /^drop trigger if exists ("(?:[^"]|"")+") on (\S+)$/.exec(statement) ?? [];
    return trigger === undefined || functions.has(`${ownName(table ?? "")}_${unquote(trigger)}_fn`);
  });
}

/** The last part of a name, without quotes and arguments. */
function ownName(name: string): string {
  return unquote(lastPart(name.replace(/\(.*$/, "")));
}
