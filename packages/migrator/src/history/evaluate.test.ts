import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { evaluate } from "./evaluate.ts";

const head = `import { Migration } from "@mikro-orm/migrations";\n`;
const migration = (body: string, before = "", after = "") =>
  `${head}${before}export class M1 extends Migration {\n${body}\n}\n${after}`;
const up = "  async up() { this.addSql(`select ${1}`); }";
const inUp = (code: string) => migration(`  async up() { ${code} }`);

interface Instance {
  up(): Promise<void>;
  getQueries(): unknown[];
}

/** The statements of `up`; undefined: it is to be imported. */
async function statementsOf(file: string, source: string): Promise<unknown[] | undefined> {
  const { M1 } = (evaluate(`/m/${file}`, source).module ?? {}) as { M1?: new () => Instance };
  const instance = M1 && new M1();
  await instance?.up();
  return instance?.getQueries();
}

describe("a migration that is nothing but its text", () => {
  it.each([
    ["M1.js", migration(up), "select 1"],
    ["M1.js", migration(up, "// a table\nconst tables = ['a'];\n", "//# sourceMappingURL=M1.js.map\n"), "select 1"],
    ["M1.ts", migration(up.replace("async up()", "override async up(): Promise<void>")), "select 1"],
    [
      "M1.ts",
      migration("  override isTransactional(): boolean { return false; }\n  override up() { this.addSql('a < b'); }"),
      "a < b",
    ],
    [
      "M1.js",
      inUp("for (const [name] of [['a', 'b'], ['c']].map((row) => row)) this.addSql(`drop ${name}`);"),
      "drop a",
    ],
    ["M1.js", inUp("this.addSql(String.raw`'\\d'`);"), "'\\d'"],
    ["M1.js", inUp("const { name = 'b' } = { name: 'a' }; this.addSql(`a ${name}`);"), "a a"],
    ["M1.js", inUp("const at = ['a', 'b']; this.addSql(at[1]);"), "b"],
    ["M1.ts", migration("  up() { const a: string = 'c'; this.addSql(a); }"), "c"],
    [
      "M1.ts",
      migration(
        "  up(): void { this.make('a', ['b']); }\n  private make(one: string, more: readonly string[] = []): void { this.addSql(one); }",
      ).replace("readonly string[]", "string[]"),
      "a",
    ],
    ["M1.ts", migration("  readonly tables: string[] = ['a'];\n  up() { this.addSql(this.tables[0]); }"), "a"],
    ["M1.ts", migration("  up() { this.addSql(names[0]); }", "const names = ['a', 'b'] as const;\n"), "a"],
    ["M1.ts", migration("  up() { this.addSql(`\n  override up(): void {\n`); }"), "\n  override up(): void {\n"],
  ])("is compiled, and says the same: %s %s", async (file, source, first) => {
    expect(evaluate(`/m/${file}`, source).selfContained).toBe(true);
    expect((await statementsOf(file, source))?.[0]).toBe(first);
  });

  it.each([
    ["has types that are more than simple", "M1.ts", migration(up, "type Row = { name: string };\n")],
    ["gives type arguments", "M1.ts", inUp("const rows = new Map<string, string>(); this.addSql('a');")],
    ["compares in TypeScript", "M1.ts", inUp("if (1 < 2) this.addSql('a');")],
    ["has a syntax error", "M1.js", migration("  up( {")],
    ["is not strict", "M1.js", migration(up, "undeclared = 1;\n")],
    ["throws", "M1.js", migration(up, "throw new Error('a');\n")],
    ["awaits at its top", "M1.js", migration(up, "const a = await 1;\n")],
  ])("is imported where it %s", (_, file, source) => {
    expect(evaluate(`/m/${file}`, source)).toMatchObject({ module: undefined });
  });
});

const own = path.resolve(import.meta.dirname, "../../../migrations/src/migrations");

it.each((await readdir(own)).filter((name) => name.endsWith(".ts")))(
  "takes the project's own %s for its text",
  (name) => {
    const file = path.join(own, name);
    expect(evaluate(file, readFileSync(file, "utf8"))).toEqual({ selfContained: true, module: expect.anything() });
  },
);

describe("what is not vouched for", () => {
  it.each([
    ["imports more", `import fs from "node:fs";\n${migration(up)}`],
    ["imports something else", migration(up).replace("{ Migration }", "{ Migration, raw }")],
    [
      "imports the base class in a comment alone",
      `/*\n${head}*/\nimport { Migration } from "./a.js";\n${migration(up).replace(head, "")}`,
    ],
    ["imports while it runs", inUp("await import('./a.js');")],
    ["exports more", migration(up, "", "export const a = 1;\n")],
    ["exports a class by another way", `${head}class M1 extends Migration {}\nexport { M1 };\n`],
    ["extends another class", `${head}class Base extends Migration {}\nexport class M1 extends Base {}\n`],
    ["requires", inUp("this.addSql(require('./a.cjs'));")],
    ["looks at its surroundings", inUp("this.addSql(process.env.SQL);")],
    ["looks at its module", inUp("this.addSql(import.meta.url);")],
    ["looks at its arguments", inUp("this.addSql(arguments[0]);")],
    ["asks the clock", inUp("this.addSql(`select ${Date.now()}`);")],
    ["asks another clock", inUp("this.addSql(`select ${performance.now()}`);")],
    ["throws dice", inUp("this.addSql(`select ${Math.random()}`);")],
    ["takes the dice", inUp("const { random } = Math; this.addSql(`select ${random()}`);")],
    ["takes the dice by another name", inUp("const { random: roll } = Math; this.addSql(`select ${roll()}`);")],
    ["takes the dice by a string", inUp("const { 'random': roll } = Math; this.addSql(`select ${roll()}`);")],
    ["takes the dice by an escape", inUp("const { '\\x72andom': roll } = Math; this.addSql(`select ${roll()}`);")],
    ["takes the dice by an expression", inUp("const { ['ran' + 'dom']: roll } = Math; this.addSql(`${roll()}`);")],
    ["takes the dice as a member", inUp("this.addSql(`select ${Math['random']()}`);")],
    ["formats numbers as people here do", inUp("this.addSql(`select '${(1234.5).toLocaleString()}'`);")],
    ["sorts as people here do", inUp("for (const a of ['ä', 'z'].sort((b, c) => b.localeCompare(c))) this.addSql(a);")],
    ["formats by Intl", inUp("this.addSql(new Intl.NumberFormat().format(1));")],
    ["fetches", inUp("this.addSql(await (await fetch('http://localhost')).text());")],
    ["reads the process's name", inUp("this.addSql(navigator.userAgent);")],
    ["clones", inUp("this.addSql(structuredClone('a'));")],
    ["waits", inUp("await new Promise((done) => setTimeout(done, 1)); this.addSql('a');")],
    ["runs other code", inUp("this.addSql(eval('1'));")],
    ["makes functions", inUp("this.addSql(this.addSql.constructor('return process.pid')());")],
    ["makes functions in brackets", inUp("this.addSql([]['at']['constructor']('return process.pid')());")],
    [
      "makes functions of what it took",
      inUp("const { constructor } = this.addSql; this.addSql(constructor('return 1')());"),
    ],
    ["makes functions of parameters", inUp("const f = ({ constructor: g }) => g('return 1')(); this.addSql(f(f));")],
    ["makes functions by an escape", inUp("this.addSql(this.addSql.\\u0063onstructor('return process.pid')());")],
    ["makes functions by a contextual keyword", inUp("for (const of of [this]) this.addSql(of['constructor'].name);")],
    ["reflects", inUp("this.addSql(Reflect.get(this, 'constructor').name);")],
    ["uses symbols", inUp("this.addSql([][Symbol.iterator].name);")],
    ["reads a stack", inUp("this.addSql(new Error('a').stack);")],
    ["reads a stack in parts", inUp("const { stack } = new Error('a'); this.addSql(stack);")],
    [
      "catches how deep its calls go",
      inUp("let n = 0; const f = () => { n++; f(); }; try { f(); } catch { this.addSql(`${n}`); }"),
    ],
    ["keeps something where others find it", inUp("const f = [].map; f.n = (f.n ?? 0) + 1; this.addSql(`${f.n}`);")],
    ["keeps something in a member", inUp("this.addSql.n = (this.addSql.n ?? 0) + 1; this.addSql(`${this.addSql.n}`);")],
    ["keeps something in the base class", inUp("Migration.n = (Migration.n ?? 0) + 1; this.addSql(`${Migration.n}`);")],
    ["keeps something in a global", inUp("const o = Object; o.n = (o.n ?? 0) + 1; this.addSql(`${o.n}`);")],
    ["uses what a configuration may have set", inUp("this.addSql(`${ours.table}`);")],
    ["asks whether something is there", inUp("this.addSql(typeof Deno);")],
    ["hides a call in what looks like an expression", inUp("this.addSql(`${{} / fetch('a') / 1}`);")],
    ["hides a call in a comment of functions", inUp("let n = 1; <!-- fetch('a')\n this.addSql('a');")],
    ["assembles modules", inUp("this.addSql(`${WebAssembly}`);")],
    ["shares memory", inUp("this.addSql(`${new SharedArrayBuffer(1)}${Atomics}`);")],
    ["decorates", migration(up, "", "").replace("export class", "@(fetch('a')) export class")],
  ])("%s", (_, source) => {
    for (const file of ["M1.js", "M1.ts"])
      expect(evaluate(`/m/${file}`, source)).toEqual({ selfContained: false, module: undefined });
  });

  it("is CommonJS", () => {
    expect(evaluate("/m/M1.cjs", migration(up))).toEqual({ selfContained: false });
  });
});
