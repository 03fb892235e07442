import type { OrmOptions } from "../execute/orm-options.ts";
import { connect } from "../postgres/connection.ts";
import { type Difference, findDifference } from "./find-difference.ts";
import { ModelsRefusedError } from "./models-refused.ts";
import { type ModelDifference, openModels } from "./open-models.ts";
import type { LedgerTable } from "../ledger/tables.ts";

/**
 * Compares the models with the shadow database at `dsn`, and leaves that as it was; both lists are empty when they are
 * equal, and the catalogs are there unless PostgreSQL refuses the models. What PostgreSQL takes for the same is the same, and what only MikroORM takes for the same is not.
 */
export async function compareModels(
  ormOptions: OrmOptions,
  dsn: string,
  ledger: LedgerTable,
): Promise<ModelDifference & Partial<Difference>> {
  const connection = await connect(dsn, "migrator shadow");
  const models = await openModels(ormOptions, dsn, ledger);
  try {
    return await findDifference({ query: connection.query, ledger, models });
  } catch (error) {
    // What PostgreSQL refuses is a difference all the same.
    if (error instanceof ModelsRefusedError) return await models.difference();
    throw error;
  } finally {
    await models.close();
    await connection.close();
  }
}
