import type { Direction } from "../report.ts";
import { type LoadedMigration, scriptOf } from "./load.ts";
import { isEmptySql } from "@thedata/catalog/sql";

/**
 * Whether a direction does nothing and its file does not say so by `@noop`: it was left blank by mistake. A migration
 * without a `down` has none to be blank, and what code computes is not known.
 */
export function isLeftBlank(migration: Pick<LoadedMigration, "up" | "down" | "noop">, direction: Direction): boolean {
  const { statements, computed } = scriptOf(migration, direction);
  if (computed || migration.noop.has(direction) || !statements.every(isEmptySql)) return false;
  return direction === "up" || migration.down !== null;
}

/** What is wrong with it, and the two ways on. */
export function leftBlank(direction: Direction): string {
  return `has no statement: write it, or say in a comment of its file that there is nothing to do: @noop ${direction}`;
}
