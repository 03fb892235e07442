import { startPostgres } from "@thedata/dev-postgres";
import { expect, it, onTestFinished } from "vitest";
import { up } from "../src/commands/up-and-down.ts";
import { contextOf, emptyDatabase, folderOf, until } from "./support.ts";

it(
  "waits a moment for an autovacuum, and not the second after which PostgreSQL cancels it",
  { timeout: 60_000 },
  async () => {
    const server = await startPostgres({ source: "embedded" });
    onTestFinished(async () => await server.stop());
    const { dsn, sql } = await emptyDatabase(server.dsn);
    await sql("alter system set autovacuum_naptime = '1s'");
    await sql("select pg_reload_conf()");
    await sql(
      "create table t (id int, note text) with (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)",
    );
    await sql("insert into t select n, repeat('x', 200) from generate_series(1, 20000) n");
    await sql("update t set note = note || 'y'");
    const isAtWork = "select from pg_stat_progress_vacuum where relid = 't'::regclass";
    await until(async () => (await sql(isAtWork)).length > 0);
    const folder = await folderOf({ M1000_a: { up: ["alter table t add column more int"], down: [] } });
    const report = await up(contextOf(dsn, folder), {});
    expect(report).toMatchObject({ outcome: "applied", error: null });
    const [step] = report.steps;
    expect(step?.durationMs).toBeGreaterThan(50);
    expect(step?.durationMs).toBeLessThan(900);
  },
);
