import type { OrmOptions } from "../execute/orm-options.ts";
import { connect } from "../postgres/connection.ts";
import { type ModelDifference, findDifference } from "./find-difference.ts";
import { ModelsRefusedError } from "./models-refused.ts";
import { type ModelStatements, openModels } from "./open-models.ts";
import type { Kept } from "./keep.ts";
import type { LedgerTable } from "../ledger/tables.ts";

/**
 * Compares the models with the shadow database at `dsn` and leaves it unchanged; both lists are empty when they are
 * equal, and `before` and `after` are given unless PostgreSQL refuses the models. PostgreSQL decides what is equal, not
 * MikroORM.
 */
export async function compareModels(
  ormOptions: OrmOptions,
  dsn: string,
  ledger: LedgerTable,
  kept?: Kept,
): Promise<ModelStatements & Partial<ModelDifference>> {
  const connection = await connect(dsn, "migrator shadow");
  const models = await openModels(ormOptions, dsn, ledger);
  try {
    return await findDifference({ query: connection.query, ledger, models, kept });
  } catch (error) {
    // Statements that PostgreSQL refuses are a difference too.
    if (error instanceof ModelsRefusedError) return await models.difference();
    throw error;
  } finally {
    await models.close();
    await connection.close();
  }
}
