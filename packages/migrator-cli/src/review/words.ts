import path from "node:path";
import type { Review, ReviewedMigration, ReviewedStatement } from "@thedata/migrator/internal";
import { count, milliseconds } from "../describe-run.ts";

type Verified = ReviewedMigration["verified"];
type Held = ReviewedMigration["held"][number];
type Loss = Verified["losses"][number];

export const levels = {
  safe: { mark: "✅", word: "Safe" },
  caution: { mark: "⚠️", word: "Caution" },
  danger: { mark: "⛔", word: "Danger" },
  broken: { mark: "❌", word: "Broken" },
} as const;

/** How a migration runs, where that is not the usual way. */
export function describeWay({ transactional, batched, computed }: ReviewedMigration): string[] {
  return [
    ...(batched ? ["in batches on a large table"] : []),
    ...(transactional ? [] : ["outside a transaction"]),
    ...(computed ? ["its code computes statements, which were not measured"] : []),
  ];
}

/** `ACCESS EXCLUSIVE on users: reads and writes wait`; one line for each relation that is locked or worked on. */
export function describeRelations({ relations }: ReviewedStatement): string[] {
  return relations
    .filter(({ blocks, work }) => blocks !== null || work !== "none")
    .map(({ relation, lock, blocks, work, rows }) => {
      const name = relation.replace(/^public\./, "");
      const size = rows === null ? "" : ` of ${formatRows(rows)} rows`;
      const does = work === "none" ? "" : `${works[work]} ${name}${size}`;
      const waits = lock === null || blocks === null ? "" : `${lock} on ${name}: ${blocks} wait`;
      return [waits, does].filter((part) => part !== "").join("; ");
    });
}

const works = { scan: "scans", build: "builds an index of", rewrite: "rewrites" } as const;

/** `3 ms, 100 rows changed`; empty where it was not run. */
export function describeMeasure({ durationMs, changedRows }: ReviewedStatement): string {
  if (durationMs === null) return "not measured";
  return [milliseconds(durationMs), ...(changedRows > 0 ? [`${count(changedRows, "row")} changed`] : [])].join(", ");
}

/** `ACCESS EXCLUSIVE on users for about 14 s (12 M rows, 300 writes/s)`. */
export function describeHeld({ relation, lock, heldMs, forecastSeconds, rows, writesPerSecond }: Held): string {
  const name = relation.replace(/^public\./, "");
  const load = [
    ...(rows === null ? [] : [`${formatRows(rows)} rows`]),
    ...(writesPerSecond === null ? [] : [`${Math.round(writesPerSecond)} writes/s`]),
  ].join(", ");
  if (forecastSeconds === null) return `${lock} on ${name} for ${milliseconds(heldMs)} on the shadow`;
  const time = forecastSeconds < 1 ? milliseconds(forecastSeconds * 1000) : `${forecastSeconds.toFixed(1)} s`;
  return `${lock} on ${name} for about ${time}${load === "" ? "" : ` (${load})`}`;
}

const outcomes = { ok: "works", failed: "fails", notRun: "was not run" } as const;

/** `up works, down works, up again works, with 112 rows`. */
export function describeVerified({ up, down, again, rows }: Verified): string {
  return `up ${outcomes[up]}, down ${outcomes[down]}, up again ${outcomes[again]}, with ${count(rows, "row")}`;
}

/** `users.note (24 of 24 rows)`. */
export function describeLoss({ table, column, rows, of }: Loss): string {
  return `${column === null ? table : `${table}.${column}`} (${rows} of ${count(of, "row")})`;
}

/** What the figures come from. */
export function describeBasis({ migrations, statisticsAt, rows }: Review): string {
  const sizes =
    statisticsAt === null
      ? "no statistics: each table is taken for a large one"
      : `sizes of ${statisticsAt.slice(0, 16).replace("T", " ")}`;
  return `${count(migrations.length, "migration")}, measured with ${count(rows, "row")} in each table; ${sizes}`;
}

/** `Afterwards: users changed, beside its neighbours.` */
export function describePicture({ changed, removed }: NonNullable<Review["picture"]>): string {
  const gone = removed.length === 0 ? "" : ` ${removed.join(", ")} ${removed.length === 1 ? "is" : "are"} gone.`;
  return `Afterwards: ${changed.join(", ")} changed, beside what refers to ${changed.length === 1 ? "it" : "them"} or is referred to.${gone}`;
}

/** `a write of users waited 12 ms at most`: what other sessions measured meanwhile. */
export function describeWaited({ table, kind, longestMs }: ReviewedMigration["waited"][number]): string {
  return `a ${kind} of ${table.replace(/^public\./, "")} waited ${milliseconds(longestMs)} at most on the shadow`;
}

/** The file as people name it; the migration's name where there is none. */
export function placeOf({ file, name }: ReviewedMigration): string {
  return file === null ? name : path.relative(process.cwd(), file);
}

/** `300`, `1.2 k`, `12 M`. */
function formatRows(rows: number): string {
  return new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(rows);
}

/** A text of at most so many characters. */
export function cut(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** How a release does after a migration, and why. */
export function describeRelease({ name, verdict, findings }: ReviewedMigration["releases"][number]): string {
  const [first, ...more] = findings;
  const words = {
    works: "works",
    breaks: "breaks",
    wrong: "goes wrong",
    unknown: "may not work",
    depends: "may not work",
  };
  const why = first === undefined ? "" : `: ${first}${more.length > 0 ? `, and ${more.length} more` : ""}`;
  return `${name} ${words[verdict]}${why}`;
}
