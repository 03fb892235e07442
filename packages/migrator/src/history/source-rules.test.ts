import { describe, expect, it } from "vitest";
import { checkMigration } from "./source-rules.ts";
import type { LoadedMigration } from "./load.ts";
import { readTokens } from "./source-tokens.ts";

const name = "Migration20240101000000_a";
const script = { statements: ["select 1"], computed: false };

/** What the rules find in a source. */
function find(source: string, loaded: Partial<Pick<LoadedMigration, "up" | "down" | "irreversible" | "noop">> = {}) {
  const migration = { name, up: script, down: script, irreversible: null, noop: new Set<string>(), ...loaded };
  return checkMigration(migration, readTokens(source)).map(({ code, line }) => `${code}:${line}`);
}

const source = (body: string, head = "") =>
  `import { Migration } from "@mikro-orm/migrations";\n${head}\nexport class ${name} extends Migration {\n${body}\n}\n`;

describe("the rules about a migration", () => {
  it("find nothing in a sound one", () => {
    expect(find(source(`  override name = "${name}";\n  up() {}`))).toEqual([]);
  });

  it.each([
    ["an import", source("", `import { User } from "@thedata/models";`), ["import:2"]],
    ["an import of a type", source("", `import type { User } from '../models.ts';`), ["import:2"]],
    ["an import for its effect", source("", `import "node:os";`), ["import:2"]],
    ["an export from elsewhere", source("", `export * from "./other.ts";`), ["import:2"]],
    ["a dynamic import", source("  up() {\n    void import('node:fs');\n  }"), ["import:5"]],
    ["a dynamic import by a template", source("  up() { void import(`../models.ts`); }"), ["import:4"]],
    ["a dynamic import of a variable", source("", "void import(models);"), ["import:2"]],
    ["a require of a variable", source("", "require(models);"), ["import:2"]],
    ["a require", source(`  up() {\n\n    require("node:fs");\n  }`), ["import:6"]],
  ])("find %s at its line", (_, text, found) => {
    expect(find(text)).toEqual(found);
  });

  it.each([
    ["SQL in a string", `  up() { this.addSql('delete from "users"'); }`],
    ["SQL in a template", '  up() { this.addSql(`delete from "users"`); }'],
    [
      "SQL in a template in a template",
      '  up() { this.addSql(`x ${["a"].map((t) => `delete from "${t}"`)} from "b"`); }',
    ],
    ["SQL behind braces", "  up() { if (true) { this.addSql(`delete\nfrom \"users\" where a = 'it\\`s'`); } }"],
    ["a comment", `  // import "x"; it's\n  /* from "models" */`],
    ["a regular expression", '  up() { this.sql.replace(/["\'`]/g, "").split(`from "a"`); }'],
    ["a division", `  up() { return 4 / 2 / 1; } // from "x"`],
    ["Array.from", `  up() { Array.from("abc"); }`],
  ])("do not take %s for an import", (_, body) => {
    expect(find(source(body))).toEqual([]);
  });

  it.each([
    ["a class of another name", source("").replace(name, "Other"), ["name:3"]],
    ["a property of another name", source(`\n  override name = "Other";`), ["name:5"]],
    ["both", source(`  name = "Other";`).replace(name, "Second"), ["name:3", "name:4"]],
  ])("find %s at its line", (_, text, found) => {
    expect(find(text)).toEqual(found);
  });

  it("do not take a class or a name elsewhere for the class and its name", () => {
    const head = `// class X extends Y {\nconst text = "class Z"; const name = "W";`;
    const body = "  up() { const name = `V${{ a: 1 }}`; }\n  other = { name: 1 };";
    expect(find(source(body, head))).toEqual([]);
    expect(find(source(body, head).replace(name, "Other"))).toEqual(["name:4"]);
  });

  const empty = { statements: ["-- nothing yet"], computed: false };
  it.each<[string, Parameters<typeof find>[1], string[]]>([
    ["an up", { up: empty }, ["empty:4"]],
    ["a down", { down: empty }, ["empty:5"]],
    ["both, as create --blank writes them", { up: empty, down: empty }, ["empty:4", "empty:5"]],
    ["none that says so", { up: empty, down: empty, noop: new Set(["up", "down"]) }, []],
    ["none that is computed", { up: { ...empty, computed: true } }, []],
  ])("find what is left blank at its line: %s", (_, loaded, found) => {
    expect(find(source("  async up() {}\n  async down() {}"), loaded)).toEqual(found);
  });

  it.each([
    ["no down", null, ["no-down:3"]],
    ["a down that throws without a reason", "  ", ["no-down:3"]],
    ["a down that throws its reason", "the rows are gone", []],
  ])("hold to a down or a reason: %s", (_, irreversible, found) => {
    expect(find(source(""), { down: null, irreversible })).toEqual(found);
  });
});
