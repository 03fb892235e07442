import { describe, expect, it } from "vitest";
import { entities, NamedConstraintsStrategy } from "../src/index.ts";
import { column, openModels } from "./support.ts";

const tables = [
  "data_source_logs",
  "data_source_metrics",
  "data_sources",
  "data_syncs",
  "organization_members",
  "organizations",
  "permissions",
  "pipeline_logs",
  "pipeline_metrics",
  "pipelines",
  "role_permissions",
  "roles",
  "user_roles",
  "users",
];

describe("the schema that the models describe", () => {
  it("has one table for each model, and no other", async () => {
    const orm = await openModels();
    expect(entities).toHaveLength(tables.length);
    expect(
      await column(
        orm,
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1",
      ),
    ).toEqual(tables);
  });

  it("names every constraint and index by its kind, table and columns", async () => {
    const orm = await openModels();
    const names = await column(
      orm,
      `select format('%s %s %s', contype, conname, conrelid::regclass) from pg_constraint
        where connamespace = 'public'::regnamespace and contype <> 'n'
       union select format('i %s %s', i.indexrelid::regclass, i.indrelid::regclass)
        from pg_index i join pg_class c on c.oid = i.indrelid
        where c.relnamespace = 'public'::regnamespace and not i.indisunique`,
    );
    const prefixes: Record<string, string> = { p: "pk", f: "fk", u: "uq", c: "ck", i: "idx" };
    expect(names.length).toBeGreaterThan(60);
    for (const line of names) {
      const [kind = "", name, table = ""] = line.split(" ");
      expect(name).toMatch(new RegExp(`^${prefixes[kind]}_${table}(_|$)`));
    }
  });

  it("has no enum, and a rule of deletion and an index for each foreign key", async () => {
    const orm = await openModels();
    expect(await column(orm, "select typname from pg_type where typtype = 'e'")).toEqual([]);
    const loose = `select conname from pg_constraint k where contype = 'f' and (confdeltype not in ('c', 'n') or not exists (
      select from pg_index i where i.indrelid = k.conrelid and (i.indkey::int2[])[0:0] = k.conkey))`;
    expect(await column(orm, loose)).toEqual([]);
    expect(await column(orm, "select count(*)::int from pg_constraint where contype = 'f'")).toEqual([18]);
  });

  it("is what the models want: a second look finds no difference", async () => {
    const orm = await openModels();
    expect((await orm.schema.getUpdateSchemaSQL({ wrap: false })).trim()).toBe("");
  });
});

describe("NamedConstraintsStrategy", () => {
  const strategy = new NamedConstraintsStrategy();

  it.each([
    ["primary", ["id"], "pk_users"],
    ["foreign", ["role_id"], "fk_users_role_id"],
    ["unique", ["a", "b"], "uq_users_a_b"],
    ["index", ["a"], "idx_users_a"],
    ["check", ["a"], "ck_users_a"],
  ])("names a %s by its kind", (type, columns, name) => {
    expect(strategy.indexName("users", columns, type)).toBe(name);
  });

  it("refuses a name that PostgreSQL would cut", () => {
    expect(strategy.indexName("t", ["x".repeat(57)], "index")).toHaveLength(63);
    expect(() => strategy.indexName("t", ["x".repeat(58)], "index")).toThrow("longer than PostgreSQL's 63 bytes");
  });
});
