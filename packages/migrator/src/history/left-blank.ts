import type { Direction } from "../report.ts";
import { type LoadedMigration, scriptOf } from "./load.ts";
import { isEmptySql } from "@thedata/catalog/sql";

/**
 * Whether a direction has no statement and its file does not declare that by `@noop`: it was left blank by mistake.
 * False for a `down` that does not exist, and for computed code, whose statements are unknown.
 */
export function isLeftBlank(migration: Pick<LoadedMigration, "up" | "down" | "noop">, direction: Direction): boolean {
  const { statements, computed } = scriptOf(migration, direction);
  if (computed || migration.noop.has(direction) || !statements.every(isEmptySql)) return false;
  return direction === "up" || migration.down !== null;
}

/** Says what is wrong with a blank direction, and the two remedies. */
export function leftBlank(direction: Direction): string {
  return `has no statement in its ${direction}: write one, or declare "@noop ${direction}" in a comment of its file`;
}
