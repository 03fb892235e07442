import type { Context } from "../execute/context.ts";
import type { MigrateOptions } from "../execute/prepared.ts";
import { openFolder } from "../history/history.ts";
import { isPart, type MigrationSource } from "../history/part.ts";
import { type UpTarget } from "../plan/plan.ts";
import { resolveTarget } from "../plan/resolve-target.ts";
import type { Report } from "../report.ts";

type Up = (context: Context, options: UpTarget & MigrateOptions) => Promise<Report>;

/**
 * Applies what the database shares, as far as the run goes, and then a tenant's part. Where the plan of the tenant's part
 * is refused or a file of it cannot be loaded, nothing is applied of the other.
 */
export async function upSharedFirst(
  {
    context,
    shared,
    options,
  }: { readonly context: Context; readonly shared: Context; readonly options: UpTarget & MigrateOptions },
  up: Up,
): Promise<Report> {
  const ends = await splitTarget(context.migrations, options.to);
  if (!ends.shared) return await up(context, options);
  const own = { ...options, to: ends.own?.name };
  const first = { ...options, to: ends.shared.name };
  const planned = await up(shared, { ...first, dryRun: true });
  if (isBad(planned)) return planned;
  const isNeeded = planned.outcome !== "nothing";
  const before = isNeeded && ends.own ? await up(context, { ...own, dryRun: true }) : undefined;
  if (before && isBad(before)) return before;
  if (options.dryRun) return before ? join(planned, before) : isNeeded ? planned : await up(context, own);
  const report = isNeeded ? await up(shared, first) : planned;
  if (isBad(report) || !ends.own) return report;
  return join(report, await up(context, own));
}

function isBad({ outcome }: Report): boolean {
  return outcome === "failed" || outcome === "refused";
}

/** How far each part goes: to its end, or to its last migration up to the target. Undefined: the part has none there. */
async function splitTarget(source: MigrationSource, to: string | undefined) {
  const of = isPart(source) ? source.of : source;
  const all = (await openFolder(of)).files.map(({ name }) => name);
  const shared = new Set((await openFolder({ of, part: "shared" })).files.map(({ name }) => name));
  const upTo = to === undefined ? all : all.slice(0, all.indexOf(resolveTarget(to, all)) + 1);
  const endOf = (isShared: boolean) => {
    const last = upTo.findLast((name) => shared.has(name) === isShared);
    return last === undefined ? undefined : { name: to === undefined ? undefined : last };
  };
  return { shared: endOf(true), own: endOf(false) };
}

function join(first: Report, then: Report): Report {
  const sql = first.sql || then.sql ? { sql: [...(first.sql ?? []), ...(then.sql ?? [])] } : {};
  const outcome = then.outcome === "nothing" ? first.outcome : then.outcome;
  return { ...then, ...sql, outcome, steps: [...first.steps, ...then.steps] };
}
