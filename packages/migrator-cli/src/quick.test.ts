import { expect, it } from "vitest";
import { createProgram } from "./program.ts";
import { readQuickly } from "./quick.ts";

/** The options as Commander reads them. */
async function readByCommander(args: readonly string[]): Promise<unknown> {
  const program = createProgram(() => {});
  let options: unknown;
  for (const command of program.commands) command.action((...all) => (options = all.at(-1).optsWithGlobals()));
  await program.parseAsync(args, { from: "user" });
  return options;
}

it.each([
  ["up"],
  ["status", "--json"],
  ["history", "--quiet", "--no-color"],
  ["up", "--migrations", "a folder", "--dsn", "postgresql://a@b/c", "--config", "c.ts", "--json"],
  ["up", "--migrations", "a", "--migrations", "b"],
  ["status", "--schema", "tenant_1"],
])("understands %s %s %s as Commander does", async (...args) => {
  const words = args.filter((word) => word !== undefined);
  expect(readQuickly(words)).toEqual({ command: words[0], options: await readByCommander(words) });
});

it.each([
  [],
  ["--json", "up"],
  ["down"],
  ["up", "--help"],
  ["up", "--to", "a"],
  ["up", "--jsno"],
  ["up", "--dsn"],
  ["up", "--dsn", ""],
  ["up", "--dsn", "--json"],
  ["up", "--dsn=postgresql://a@b/c"],
  ["up", "a"],
  ["up", "constructor"],
  ["up", "--log-format", "json"],
  ["up", "--shared"],
])("leaves %s %s %s to Commander", (...args) => {
  expect(readQuickly(args)).toBeUndefined();
});
