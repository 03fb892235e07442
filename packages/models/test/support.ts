import { MikroORM } from "@mikro-orm/postgresql";
import { createDatabase, dropDatabase } from "@thedata/dev-postgres";
import "@thedata/dev-postgres/vitest";
import { inject, onTestFinished } from "vitest";
import { ormOptions } from "../src/index.ts";

/** Opens MikroORM with these models on a new database, with the schema generated from the models. */
export async function openModels(): Promise<MikroORM> {
  const server = inject("postgresDsn");
  const dsn = await createDatabase(server);
  const orm = await MikroORM.init({ ...ormOptions, clientUrl: dsn });
  onTestFinished(async () => {
    await orm.close(true);
    await dropDatabase(server, dsn);
  });
  await orm.schema.create();
  return orm;
}

/** A user's required properties. */
export const ada = { email: "Ada@example.com", fullName: "Ada Lovelace", hashedPassword: "a hash that nobody may see" };

/** One column of a query's rows. */
export async function column<Value = string>(orm: MikroORM, sql: string): Promise<Value[]> {
  const rows = await orm.em.fork().execute<Record<string, Value>[]>(sql);
  return rows.map((row) => Object.values(row)[0] as Value);
}
