import { describe, expect, inject, it } from "vitest";
import { trace } from "../src/commands/trace.ts";
import { contextOf, folderOf, type Steps } from "./support.ts";

const shadow = () => ({ servers: [inject("postgresDsn")] });

const before: Steps = {
  up: [
    "create table a (id int primary key, name varchar(10) not null)",
    "create table b (id int primary key, a_id int references a (id))",
    "alter table a add constraint named check (name <> '') not valid",
    // An index on it takes long enough to be seen, on a loaded machine too.
    "create function slow(text) returns text language plpgsql immutable as 'begin perform pg_sleep(0.02); return $1; end'",
  ],
};

async function traced(steps: Steps, more: object = {}) {
  const context = contextOf("", await folderOf({ M1: before, M2: steps }));
  const result = await trace(context, { shadow: shadow(), rows: 20, ...more });
  const waits = Object.fromEntries(result.probes.map(({ table, kind, longestMs }) => [`${kind} ${table}`, longestMs]));
  return { ...result, waits };
}

const pause = "select pg_sleep(0.4)";

describe("trace", () => {
  it("shows that readers and writers wait while a lock that blocks both is held to the end", async () => {
    const { statements, locks, waits, error } = await traced({ up: ["alter table a add column note text", pause] });
    expect(error).toBeNull();
    expect(statements[0]?.relations).toEqual([{ relation: "public.a", lock: "ACCESS EXCLUSIVE", work: "none" }]);
    expect(locks).toMatchObject([{ relation: "public.a", lock: "ACCESS EXCLUSIVE" }]);
    expect(locks[0]?.heldMs).toBeGreaterThan(400);
    expect(Math.min(waits["read public.a"] ?? 0, waits["write public.a"] ?? 0)).toBeGreaterThan(300);
  });

  it("shows that only writers wait for a foreign key, on both of its tables", async () => {
    const { waits } = await traced({ up: ["alter table b add foreign key (id) references a (id) not valid", pause] });
    expect(Math.min(waits["write public.a"] ?? 0, waits["write public.b"] ?? 0)).toBeGreaterThan(300);
    expect(Math.max(waits["read public.a"] ?? 999, waits["read public.b"] ?? 999)).toBeLessThan(300);
  });

  it("shows that nobody waits for VALIDATE, which scans", async () => {
    const { statements, locks, waits } = await traced({ up: ["alter table a validate constraint named", pause] });
    expect(statements[0]?.relations).toEqual([{ relation: "public.a", lock: "SHARE UPDATE EXCLUSIVE", work: "scan" }]);
    expect(locks).toEqual([]);
    expect(Math.max(waits["read public.a"] ?? 999, waits["write public.a"] ?? 999)).toBeLessThan(300);
  });

  it("measures what is a transaction of its own: the locks from another session, and the index", async () => {
    const { statements, transactional } = await traced({
      up: ["create index concurrently a_name on a (slow(name))"],
      transactional: false,
    });
    expect(transactional).toBe(false);
    expect(statements).toMatchObject([
      { built: ["public.a_name"], relations: [{ relation: "public.a", lock: "SHARE UPDATE EXCLUSIVE" }] },
    ]);
  });

  it("counts rows, write-ahead log, what is rewritten and what is dropped", async () => {
    const { statements } = await traced({
      up: ["update a set name = reverse(name)", "alter table a alter column id type bigint", "drop table b"],
    });
    expect(statements[0]).toMatchObject({ rows: 20 });
    expect(statements[0]?.walBytes).toBeGreaterThan(500);
    expect(statements[1]?.relations).toContainEqual({
      relation: "public.a",
      lock: "ACCESS EXCLUSIVE",
      work: "rewrite",
    });
    expect(statements[1]?.built).toContain("public.a_pkey");
    expect(statements[2]?.dropped).toEqual(expect.arrayContaining(["public.b", "public.b_pkey"]));
  });

  it("forecasts by the real number of rows", async () => {
    const table = { rows: 2_000_000, bytes: 1e9, indexBytes: 0, readsPerSecond: 10, writesPerSecond: 300 };
    const { locks } = await traced(
      { up: ["alter table a alter column id type bigint"] },
      { statistics: { readAt: "", tables: { "public.a": table, "public.b": table } } },
    );
    const [lock] = locks;
    expect(lock?.forecastSeconds).toBeCloseTo(((lock?.heldMs ?? 0) / 1000) * 100_000, 3);
  });

  it("tells the statement that fails, and what was measured before it", async () => {
    const { statements, error } = await traced({ up: ["create table c (id int)", "nonsense"] });
    expect(statements).toHaveLength(1);
    expect(error).toMatchObject({ statement: "nonsense", message: expect.stringContaining("syntax error") });
  });

  it("refuses a migration that computes its statements", async () => {
    await expect(traced({ code: 'await this.execute("select 1");' })).rejects.toMatchObject({ code: "refused" });
  });
});
