import { expect, it } from "vitest";
import { renderMigration } from "./render.ts";

const nothing = { statements: [], warnings: [] };

it("keeps hostile names inside their comments and literals", () => {
  const statement = 'drop table "`${x}\\ */ \n throw"';
  const warning = { statement, message: "drops a\nthrow new Error() and all of its rows" };
  const up = { statements: [statement], warnings: [warning] };
  const down = { statements: [statement], warnings: [{ ...warning, drops: "a */ throw" }] };
  expect(renderMigration("Migration1_a", up, down)).toBe(`import { Migration } from "@mikro-orm/migrations";

/**
 * \`down\` drops a * / throw, and what is in it.
 */
export class Migration1_a extends Migration {
  override name = "Migration1_a";

  override async up(): Promise<void> {
    // drops a throw new Error() and all of its rows
    this.addSql(\`drop table "\\\`\\\${x}\\\\ */ 
 throw"\`);
  }

  override async down(): Promise<void> {
    this.addSql(\`drop table "\\\`\\\${x}\\\\ */ 
 throw"\`);
  }
}
`);
});

it("writes each warning above its own statement, wrapped, and once", () => {
  const long = `${"word ".repeat(30)}end`;
  const warnings = ["b", "a", "a"].map((statement) => ({ statement, message: long }));
  const code = renderMigration("Migration1_a", { statements: ["a", "b"], warnings }, nothing);
  expect(code.match(/word end\n {4}this\.addSql\(`[ab]`\)/g)).toHaveLength(2);
  expect(Math.max(...code.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
});

it("writes a down that says why there is none", () => {
  const code = renderMigration("Migration1_a", nothing, { ...nothing, never: `it's "gone"` });
  expect(code).toContain(`throw new Error("it's \\"gone\\"");`);
});
