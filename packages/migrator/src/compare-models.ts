import { auditTable } from "./audit.ts";
import type { OrmOptions } from "./driver.ts";
import { type LedgerTable, qualified } from "./ledger.ts";

/** What it would take to bring a database to the models, and back. */
export interface ModelDifference {
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** Compares the models with the database at `dsn`; both lists are empty when they are equal. */
export async function compareModels(
  ormOptions: OrmOptions,
  dsn: string,
  ledger: LedgerTable,
): Promise<ModelDifference> {
  const { MikroORM } = await import("@mikro-orm/postgresql");
  const orm = await MikroORM.init({
    ...ormOptions,
    clientUrl: dsn,
    migrations: { ...(ormOptions["migrations"] as object), tableName: qualified(ledger).replaceAll('"', "") },
    schemaGenerator: {
      ...(ormOptions["schemaGenerator"] as object),
      skipTables: [ledger.table, auditTable(ledger).table],
    },
  });
  try {
    const { up, down } = await orm.schema.getUpdateSchemaMigrationSQL({ wrap: false });
    return { up: splitStatements(up), down: splitStatements(down) };
  } finally {
    await orm.close(true);
  }
}

/** The generator ends each statement with a semicolon and a new line; one inside a string literal ends nothing. */
function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let open = "";
  for (const piece of sql.split(/;\n/)) {
    open += (open ? ";\n" : "") + piece;
    if (open.split("'").length % 2 === 0) continue;
    statements.push(open.trim().replace(/;$/, ""));
    open = "";
  }
  // An apostrophe that opens no literal, in a comment or a function's body, must not swallow what follows.
  statements.push(open.trim().replace(/;$/, ""));
  return statements.filter((statement) => statement !== "" && !statement.startsWith("set names"));
}
