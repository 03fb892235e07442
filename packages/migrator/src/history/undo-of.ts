import type { Undo } from "../ledger/undo-digest.ts";
import { isLeftBlank } from "./left-blank.ts";
import type { LoadedMigration } from "./load.ts";

/** The way back that is stored with a migration; null where it has none, computes it, or left it blank. */
export function undoOf(migration: LoadedMigration): Undo | null {
  const { down, transactional, losses } = migration;
  if (!down || down.computed || isLeftBlank(migration, "down")) return null;
  return { statements: down.statements, transactional, losses };
}
