import { type Catalog, findDrift, type Query } from "@thedata/catalog";
import { actionsOf } from "../parse/read-actions.ts";
import { parseStatements } from "../parse/statement.ts";
import { apply } from "./apply.ts";
import { Schema, type Volatility } from "./schema.ts";
import { settle } from "./settle.ts";

/** Makes the linter's schema of a catalog: by the statements that would create it, which are replayed. */
export function schemaOf(catalog: Catalog): Schema {
  const schema = new Schema(true);
  for (const { statements } of findDrift(catalog, []))
    for (const { node } of parseStatements(statements)) for (const action of actionsOf(node)) apply(action, schema, 0);
  for (const { kind, name, properties, table } of catalog)
    if (kind === "index" && properties["invalid"]) invalidate(schema, name, table);
  return settle(schema);
}

function invalidate(schema: Schema, name: string, table: string | null): void {
  const index = schema.indexes.get(name);
  if (index && table !== null) schema.indexes.set(name, { ...index, valid: false });
}

/** Reads what a server knows of its functions: the most volatile of each name. */
export async function readVolatility(query: Query): Promise<ReadonlyMap<string, Volatility>> {
  const rows = await query<{ name: string; volatility: Volatility }>(
    "select proname as name, max(provolatile::text) as volatility from pg_proc group by 1",
  );
  return new Map(rows.map(({ name, volatility }) => [name, volatility]));
}
