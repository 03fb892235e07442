import path from "node:path";
import { describe, expect, it } from "vitest";
import { folderOf } from "../../test/support.ts";
import { BrokenMigrationError } from "../errors.ts";
import { type LoadedMigration, loadMigration } from "./load.ts";

const file = "M1_a.ts";

/** Writes one file and loads it. */
async function load(source: string, name = file): Promise<LoadedMigration> {
  const folder = await folderOf({ [name]: source });
  return await loadMigration({ name: name.replace(/\.[jt]s$/, ""), path: path.join(folder, name) });
}

const withBody = (body: string, rest = "") =>
  `import { Migration } from "@mikro-orm/migrations";\nexport class M1_a extends Migration {\n${body}\n}\n${rest}`;

const typescript = withBody(`
  override async up(): Promise<void> { this.addSql("create table a (id int)"); this.addSql(\`select 1\`); }
  override async down(): Promise<void> { this.addSql("drop table a"); }`);

describe("loadMigration", () => {
  it("collects the statements of both directions without a database", async () => {
    expect(await load(typescript)).toMatchObject({
      name: "M1_a",
      transactional: true,
      up: { statements: ["create table a (id int)", "select 1"], computed: false },
      down: { statements: ["drop table a"], computed: false },
      irreversible: null,
    });
  });

  const javascript = `const { Migration } = require("@mikro-orm/migrations");
class M1_a extends Migration {
  async up() { this.addSql("create table a (id int)"); this.addSql("select 1"); }
  async down() { this.addSql("drop table a"); }
}
exports.M1_a = M1_a;`;
  const plain = javascript
    .replace(/^.*\n/, `import { Migration } from "@mikro-orm/migrations";\n`)
    .replace("exports.M1_a = M1_a", "export { M1_a }");

  it.each([
    { what: "built JavaScript", source: plain, name: "M1_a.js" },
    { what: "CommonJS", source: javascript, name: "M1_a.cjs" },
    { what: "other formatting", source: typescript.replaceAll(/\s+/g, " "), name: file },
    { what: "comments", source: typescript.replaceAll("{", "{ /* why */\n// because\n"), name: file },
    { what: "synchronous methods", source: plain.replaceAll("async ", ""), name: "M1_a.js" },
    { what: "another class name", source: typescript.replace("class M1_a", "class Another"), name: file },
  ])("gives $what with the same SQL the same checksum", async ({ source, name }) => {
    expect((await load(source, name)).checksum).toBe((await load(typescript)).checksum);
  });

  it.each([
    { what: "a statement of up", source: typescript.replace("id int", "id bigint") },
    { what: "a statement of down", source: typescript.replace("drop table a", "drop table if exists a") },
    { what: "white space inside a statement", source: typescript.replace("create table", "create  table") },
    { what: "a missing statement", source: typescript.replace("this.addSql(`select 1`);", "") },
    { what: "a missing down", source: typescript.replace(/override async down.*/, "") },
    {
      what: "a statement that moved from up to down",
      source: typescript
        .replace("this.addSql(`select 1`);", "")
        .replace(`"drop table a");`, `"drop table a"); this.addSql(\`select 1\`);`),
    },
  ])("gives another checksum for $what", async ({ source }) => {
    expect((await load(source)).checksum).not.toBe((await load(typescript)).checksum);
  });

  it("is not transactional when the migration says so", async () => {
    expect((await load(withBody("override isTransactional() { return false; }"))).transactional).toBe(false);
  });

  it("leaves out statements that are blank", async () => {
    expect(
      (await load(withBody(`override up() { this.addSql(" \\n "); this.addSql("select 1"); }`))).up.statements,
    ).toEqual(["select 1"]);
  });

  it("renders raw() fragments with their parameters, as MikroORM does", async () => {
    const body = `override up() { this.addSql(raw("insert into a values (?, ?)", ["it's", 2])); }`;
    const source = `import { raw } from "${import.meta.resolve("@mikro-orm/core")}";\n${withBody(body)}`;
    expect((await load(source)).up).toEqual({ statements: ["insert into a values ('it''s', 2)"], computed: false });
  });

  it.each([
    { what: "execute()", code: `await this.execute("select 1");` },
    { what: "getEntityManager()", code: `this.getEntityManager();` },
    { what: "the driver", code: `this.driver.getConnection();` },
  ])("calls a migration that uses $what computed, and keeps what it knew before", async ({ code }) => {
    const { up, down } = await load(
      withBody(`override async up() { this.addSql("select 1"); ${code} this.addSql("select 2"); } override down() {}`),
    );
    expect(up).toEqual({ statements: ["select 1"], computed: true });
    expect(down).toEqual({ statements: [], computed: false });
  });

  it("tells a migration without a down from one whose down throws a reason", async () => {
    expect(await load(withBody("override up() {}"))).toMatchObject({ down: null, irreversible: null });
    const declared = withBody(`override up() {} override down() { throw new Error("the rows are gone"); }`);
    expect(await load(declared)).toMatchObject({ down: null, irreversible: "the rows are gone" });
  });

  it("makes a fresh instance each time of code that computes, and keeps no other", async () => {
    const asking = withBody(`
  override async up() { await this.execute("select 1"); this.addSql("select 1"); }`);
    const { create } = await load(asking);
    const simple = await load(typescript);
    expect(() => simple.create(undefined as never, {})).toThrow("computes nothing");
    const [first, second] = [create(undefined as never, {}), create(undefined as never, {})];
    first.addSql("select 1");
    expect([first.getQueries().length, second.getQueries().length]).toEqual([1, 0]);
  });

  it.each([
    { what: "no class", source: "export const nothing = 1;", message: "exports no class that extends Migration" },
    { what: "a class that is no migration", source: "export class M1_a { up() {} }", message: "exports no class" },
    {
      what: "two classes",
      source: withBody("override up() {}", "export class Second extends M1_a {}"),
      message: "exports 2 migrations (M1_a, Second)",
    },
    { what: "a syntax error", source: withBody("override up( {"), message: "cannot be loaded" },
    {
      what: "TypeScript that cannot be stripped",
      source: withBody("override up() {}", "enum Kind { A }"),
      message: "cannot be loaded",
    },
    {
      what: "an error while it is read",
      source: `throw new TypeError("broken on purpose");`,
      message: "TypeError: broken on purpose",
    },
    { what: "an import that is not there", source: `import "./nowhere.ts";`, message: "cannot be loaded" },
    {
      what: "an up that throws",
      source: withBody(`override up() { throw new RangeError("too far"); }`),
      message: "RangeError: too far",
    },
  ])("refuses a file with $what and names it", async ({ source, message }) => {
    const error = await load(source).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(BrokenMigrationError);
    expect(error).toMatchObject({ migration: "M1_a", message: expect.stringContaining(message) });
    expect((error as Error).message).toContain(file);
  });
});

describe("a broken file", () => {
  const typed = `import { Migration } from "@mikro-orm/migrations";
export class M1_a extends Migration {
  override async up(): Promise<void> {
    HERE
  }
}
`;
  const javascript = typed.replace("override ", "").replace(": Promise<void>", "");

  it.each([
    ["does not parse in TypeScript", "M1_a.ts", typed.replace("HERE", "this.addSql(`a`;"), "4:20"],
    ["does not parse in JavaScript", "M1_a.js", javascript.replace("HERE", "this.addSql(`a`;"), "4:17"],
    ["does not parse in its first line", "M1_a.js", "import { Migration } of './a';", undefined],
    ["declares twice", "M1_a.js", javascript.replace("HERE", "const a = 1; const a = 2;"), "4:24"],
    ["does not parse in CommonJS", "M1_a.cjs", "const a = 1;\nreturn };", "2:8"],
    ["has an enum", "M1_a.ts", typed.replace("export", "enum A { B }\nexport"), "2:1"],
    ["throws while it is loaded", "M1_a.ts", `${typed}\n  null.a;\n`, "8:8"],
    ["throws in up", "M1_a.ts", typed.replace("HERE", "this.addSql(null.a);"), "4:22"],
    ["throws in up, and can be evaluated", "M1_a.js", javascript.replace("HERE", "[].a.b();"), "4:10"],
    ["imports what is not exported", "M1_a.ts", `import { a } from "node:fs";\n`, "1:10"],
  ])("that %s is named with the place", async (_, name, source, place) => {
    const error = await load(source, name).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BrokenMigrationError);
    const { message, line } = error as BrokenMigrationError;
    expect(/\/(?:M1_a\.\w+):(\d+:\d+)\)$/.exec(message)?.[1]).toBe(place);
    expect(line).toBe(place === undefined ? null : Number(place.split(":")[0]));
  });
});
