import { expect, it } from "vitest";
import { evaluate } from "./evaluate.ts";

const head = `import { Migration } from "@mikro-orm/migrations";\n`;
const migration = (body: string, before = "", after = "") =>
  `${head}${before}export class M1 extends Migration {\n${body}\n}\n${after}`;
const up = "  async up() { this.addSql(`select ${1}`); }";

it.each([
  ["M1.js", migration(up)],
  ["M1.js", migration(up, "// creates a table\nconst tables = ['a'];\n", "//# sourceMappingURL=M1.js.map\n")],
  ["M1.ts", migration(up.replace("async up()", "override async up(): Promise<void>"))],
  [
    "M1.ts",
    migration("  override isTransactional(): boolean { return false; }\n  override up() { this.addSql('a < b'); }"),
  ],
])("takes %s for what it says: %s", async (file, source) => {
  const { M1 } = evaluate(`/m/${file}`, source) as { M1: new () => { up(): Promise<void>; getQueries(): unknown[] } };
  const instance = new M1();
  await instance.up();
  expect(instance.getQueries()).toHaveLength(1);
});

it.each([
  ["imports more", "M1.js", `import fs from "node:fs";\n${migration(up)}`],
  ["imports something else", "M1.js", migration(up).replace("{ Migration }", "{ Migration, raw }")],
  ["imports while it runs", "M1.js", migration("  async up() { await import('./a.js'); }")],
  ["requires", "M1.js", migration("  up() { this.addSql(require('./a.cjs')); }")],
  ["looks at its surroundings", "M1.js", migration("  up() { this.addSql(process.env.SQL); }")],
  ["looks at the clock", "M1.js", migration("  up() { this.addSql(`select ${Date.now()}`); }")],
  ["exports more", "M1.js", migration(up, "", "export const a = 1;\n")],
  ["exports a class by another way", "M1.js", `${head}class M1 extends Migration {}\nexport { M1 };\n`],
  ["extends another class", "M1.js", `${head}class Base extends Migration {}\nexport class M1 extends Base {}\n`],
  ["awaits at its top", "M1.js", migration(up, "const a = await 1;\n")],
  ["is not strict", "M1.js", migration(up, "undeclared = 1;\n")],
  ["has a syntax error", "M1.js", migration("  up( {")],
  ["throws", "M1.js", migration(up, "throw new Error('a');\n")],
  ["has types in its body", "M1.ts", migration("  up() { const a: string = ''; this.addSql(a); }")],
  ["gives type arguments", "M1.ts", migration("  up() { this.addSql<String>('a'); }")],
  ["is CommonJS", "M1.cjs", migration(up)],
])("leaves to an import what %s", (_, file, source) => {
  expect(evaluate(`/m/${file}`, source)).toBeUndefined();
});
