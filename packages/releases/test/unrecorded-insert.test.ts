import { readCatalog } from "@thedata/catalog";
import { createDatabase } from "@thedata/dev-postgres";
import "@thedata/dev-postgres/vitest";
import { defineEntity, MikroORM, p } from "@mikro-orm/postgresql";
import { expect, inject, it } from "vitest";
import { judge } from "../src/index.ts";
import { makeContract } from "../src/record/index.ts";
import { withQuery } from "./judged.ts";

const Place = defineEntity({
  name: "Place",
  tableName: "places",
  properties: { country: p.string().primary(), city: p.string().primary() },
});
const Item = defineEntity({
  name: "Item",
  tableName: "items",
  properties: { id: p.integer().primary(), name: p.string(), place: () => p.manyToOne(Place) },
});

it("judges an insert that could not be recorded, as one with a reference of two columns", async () => {
  const dsn = await createDatabase(inject("postgresDsn"));
  const orm = await MikroORM.init({ clientUrl: dsn, entities: [Place, Item] });
  await orm.schema.create();
  await withQuery(dsn, async (query) => {
    const schema = await readCatalog(query, { except: [] });
    await query("begin");
    const about = { package: "models", version: "1.0.0", ormVersion: "7", head: "head" };
    const contract = await makeContract({ orm, query, schema, ...about });
    await query("rollback");
    expect(judge(contract, schema)).toEqual([]);
    await query("alter table items add code text not null");
    const found = judge(contract, await readCatalog(query, { except: [] }));
    expect(found.map(({ verdict, operation, column }) => [verdict, operation, column])).toContainEqual([
      "breaks",
      "insert",
      "code",
    ]);
  });
  await orm.close(true);
});
