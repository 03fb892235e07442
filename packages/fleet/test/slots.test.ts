import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { DrainedError, Slots } from "../src/work/slots.ts";
import { emptyDatabase, until } from "./support.ts";

const open: Slots[] = [];
afterEach(async () => {
  for (const slots of open.splice(0)) await slots.close();
});

/** Two workers on one control database; `sql` asks it. */
async function twoWorkers() {
  const { dsn, sql } = await emptyDatabase();
  const create = () => {
    const slots = new Slots({ connectionString: dsn, application_name: "slots" });
    open.push(slots);
    return slots;
  };
  return { sql, one: create(), two: create() };
}

/** Work that goes on until it is told to end. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let begun = false;
  const work = async () => {
    begun = true;
    await promise;
  };
  return { work, begun: () => begun, end: resolve };
}

describe("slots", () => {
  it("are as many as the limit says, over all workers, and each server has its own", async () => {
    const { one, two } = await twoWorkers();
    const gates = Array.from({ length: 8 }, gate);
    const all = gates.map(async ({ work }, index) => await (index % 2 === 0 ? one : two).hold("east", 3, work));
    const begun = () => gates.filter((each) => each.begun());
    await until(async () => await Promise.resolve(begun().length === 3));
    await sleep(1000);
    expect(begun()).toHaveLength(3);
    for (const each of begun().slice(0, 2)) each.end();
    await until(async () => await Promise.resolve(begun().length === 5));
    for (const each of gates) each.end();
    await Promise.all(all);
    const [east, west] = [gate(), gate()];
    const held = [one.hold("east", 1, east.work), two.hold("west", 1, west.work)];
    await until(async () => await Promise.resolve(east.begun() && west.begun()));
    east.end();
    west.end();
    await Promise.all(held);
  });

  it("are kept by who has them where the control database has lost all sessions", async () => {
    const { sql, one, two } = await twoWorkers();
    const [first, second] = [gate(), gate()];
    const held = [one.hold("east", 1, first.work)];
    await until(async () => await Promise.resolve(first.begun()));
    held.push(two.hold("east", 1, second.work));
    const sessions = "select from pg_stat_activity where application_name = 'slots'";
    await until(async () => (await sql(sessions)).length === 2);
    await sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'slots'");
    // By now the second has asked again, several times.
    await sleep(6000);
    expect(second.begun()).toBe(false);
    first.end();
    await until(async () => await Promise.resolve(second.begun()));
    second.end();
    await Promise.all(held);
  });

  it("are free where the work fails, and refused to who waits where the worker ends", async () => {
    const { one: slots } = await twoWorkers();
    const fail = async () => {
      await Promise.resolve();
      throw new Error("failed");
    };
    await expect(slots.hold("east", 1, fail)).rejects.toThrow("failed");
    const first = gate();
    const held = slots.hold("east", 1, first.work);
    const waiting = slots.hold("east", 1, first.work);
    await until(async () => await Promise.resolve(first.begun()));
    slots.drain();
    await expect(waiting).rejects.toThrow(DrainedError);
    await expect(slots.hold("west", 1, first.work)).rejects.toThrow(DrainedError);
    first.end();
    await held;
  });
});
