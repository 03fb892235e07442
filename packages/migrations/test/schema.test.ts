import { type DevPostgres, type PostgresVersion, startPostgres } from "@thedata/dev-postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrations } from "../src/index.ts";
import { dumpCatalog } from "./catalog.ts";
import { column, openHistory } from "./support.ts";

const versions: PostgresVersion[] = [15, 16, 17, 18];
const names = migrations.map(({ name }) => name);
const tables = {
  "uuid gen_random_uuid()": [
    "data_sources",
    "data_syncs",
    "organization_members",
    "organizations",
    "permissions",
    "pipelines",
    "role_permissions",
    "roles",
    "user_roles",
    "users",
  ],
  "bigint identity": ["data_source_logs", "data_source_metrics", "pipeline_logs", "pipeline_metrics"],
};

describe.each(versions)("on PostgreSQL %s", (version) => {
  let server: DevPostgres;
  beforeAll(async () => {
    server = await startPostgres({ version, source: "embedded" });
  });
  afterAll(async () => await server?.stop());
  const open = async (name?: string) => await openHistory(server.dsn, name);

  it("runs there indeed", async () => {
    const { sql } = await open();
    expect(await column(sql, "show server_version_num")).toEqual([expect.stringMatching(new RegExp(`^${version}`))]);
  });

  it("goes up from empty, down to empty and leaves nothing, and up again to the same", async () => {
    const { sql, up, down } = await open();
    await up();
    const head = await dumpCatalog(sql);
    expect(head.filter((line) => line.startsWith("relation r "))).toHaveLength(Object.values(tables).flat().length);
    await down("all");
    expect(await dumpCatalog(sql)).toEqual([]);
    await up();
    expect(await dumpCatalog(sql)).toEqual(head);
  });

  it("restores with every single down what stood before it", async () => {
    const { sql, up, down } = await open();
    const before: string[][] = [];
    for (const name of names) {
      before.push(await dumpCatalog(sql));
      await up(name);
    }
    for (const stood of before.toReversed()) {
      await down();
      expect(await dumpCatalog(sql)).toEqual(stood);
    }
  });

  it("gives every foreign key an index that starts with it, and a stated ON DELETE", async () => {
    const { sql } = await open(names.at(-1));
    const keys = await sql<{ name: string; rule: string; indexed: boolean }>(`
      select conname as name, confdeltype as rule, exists (
          select from pg_index i where i.indrelid = k.conrelid and i.indpred is null
            and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] = k.conkey) as indexed
        from pg_constraint k where contype = 'f' and connamespace = 'public'::regnamespace`);
    expect(keys.length).toBe(18);
    expect(keys.filter(({ indexed }) => !indexed)).toEqual([]);
    expect(keys.filter(({ rule }) => rule !== "c" && rule !== "n")).toEqual([]);
  });

  it("names every constraint and index by its kind", async () => {
    const { sql } = await open(names.at(-1));
    const unnamed = await column(
      sql,
      `select conname from pg_constraint k where connamespace = 'public'::regnamespace and contype <> 'n'
          and conrelid <> 'mikro_orm_migrations'::regclass
          and conname !~ (case contype when 'p' then '^pk_' when 'f' then '^fk_' when 'u' then '^uq_' else '^ck_' end)
        union all
       select indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid
        where c.relnamespace = 'public'::regnamespace and c.relname <> 'mikro_orm_migrations'
          and indexrelid::regclass::text !~ (case when indisprimary then '^pk_' when indisunique then '^uq_' else '^idx_' end)`,
    );
    expect(unnamed).toEqual([]);
  });

  it("gives every table its key and both time stamps", async () => {
    const { sql } = await open(names.at(-1));
    const found = await sql<{ name: string; key: string; stamps: number }>(`
      select c.relname as name,
             (select format_type(a.atttypid, null) || ' ' || case when a.attidentity = 'a' then 'identity'
                       else pg_get_expr(d.adbin, d.adrelid) end
                from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
               where a.attrelid = c.oid and a.attname = 'id' and a.attnotnull
                 and exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary and i.indkey::text = a.attnum::text)) as key,
             (select count(*)::int from pg_attribute a join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
               where a.attrelid = c.oid and a.attname in ('created_at', 'updated_at') and a.attnotnull
                 and a.atttypid = 'timestamptz'::regtype and pg_get_expr(d.adbin, d.adrelid) = 'now()') as stamps
        from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'mikro_orm_migrations'
       order by 1`);
    const expected = Object.entries(tables).flatMap(([key, named]) => named.map((name) => ({ name, key, stamps: 2 })));
    expect(found).toEqual(expected.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  });

  it("has no enum at its head, and a CHECK for every closed set of values", async () => {
    const { sql } = await open(names.at(-1));
    expect(
      await column(sql, "select typname from pg_type where typtype = 'e' and typnamespace = 'public'::regnamespace"),
    ).toEqual([]);
    const checks = await column(
      sql,
      "select conname::text from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace order by 1",
    );
    expect(checks).toEqual([
      "ck_data_source_logs_level",
      "ck_data_sources_health",
      "ck_data_sources_type",
      "ck_data_syncs_status",
      "ck_organization_members_role",
      "ck_organizations_metadata",
      "ck_organizations_name",
      "ck_organizations_settings",
      "ck_organizations_slug",
      "ck_organizations_status",
      "ck_organizations_subscription_tier",
      "ck_pipeline_logs_level",
      "ck_pipelines_health",
      "ck_pipelines_status",
      "ck_users_role",
    ]);
  });
});
