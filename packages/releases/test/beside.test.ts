import "@thedata/dev-postgres/vitest";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { tryBeside } from "../src/index.ts";
import { makeContracts, withQuery } from "./judged.ts";
import { createRoles, openDatabases } from "./scenarios/databases.ts";
import { scenarios } from "./scenarios/index.ts";

const server = inject("postgresDsn");

beforeAll(async () => await createRoles(server));

describe("What a release meets in rows of a newer one", () => {
  test.each([
    {
      name: "an item is added to the check of a text",
      row: "(name, kind) values ('b', 'c')",
      found: ["breaks update: Item.kind does not know c", "wrong read: Item.kind does not know c"],
    },
    {
      name: "an item is added to the check of an array",
      row: "(name, kind) values ('b', '{a,c}')",
      found: ["breaks read: Item.kind does not know c"],
    },
    {
      name: "a column takes null now",
      row: "(name, note) values ('b', null)",
      found: ["wrong read: Item.note is null"],
    },
    { name: "an item is added to the check of a text", row: "(name, kind) values ('b', 'b')", found: [] },
  ])("$name: $row", async ({ name, row, found }) => {
    const scenario = scenarios.find((one) => one.name === name);
    if (!scenario) throw new Error(`there is no scenario ${name}`);
    const databases = await openDatabases(server, scenario, []);
    try {
      const { old, new: newer, after } = await makeContracts(scenario, databases);
      await databases.runAfter([`insert into items ${row}`]);
      const findings = await withQuery(databases.after, async (query) => {
        await query("begin");
        const other = await tryBeside(query, old, newer, after);
        expect(other).toEqual([]);
        return await tryBeside(query, newer, old, after);
      });
      const texts = findings.map(({ verdict, operation, message }) => `${verdict} ${operation}: ${message}`);
      expect(texts.toSorted().map((text) => text.replace(/(?:, which| in rows).*/, ""))).toEqual(found);
    } finally {
      await databases.drop();
    }
  });
});
