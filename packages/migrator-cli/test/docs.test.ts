import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { Command } from "commander";
import { describe, expect, it, onTestFinished } from "vitest";
import { createProgram } from "../src/program.ts";
import { emptyDatabase } from "./support.ts";

const own = path.resolve(import.meta.dirname, "..");
const root = path.resolve(own, "../..");
const program = createProgram(() => {});

async function documents(): Promise<{ name: string; text: string }[]> {
  const docs = (await readdir(path.join(root, "docs"))).filter((name) => name.endsWith(".md"));
  const packages = await readdir(path.join(root, "packages"));
  const names = ["README.md", "ARCHITECTURE.md", ...docs.map((name) => `docs/${name}`)].concat(
    packages.map((name) => `packages/${name}/README.md`),
  );
  const texts = names.map(async (name) => ({
    name,
    text: await readFile(path.join(root, name), "utf8").catch(() => ""),
  }));
  return (await Promise.all(texts)).filter(({ text }) => text !== "");
}

/** Every `migrator` command line in fences and between backticks, without the word `migrator`. */
function commandsIn(text: string): string[] {
  const fences = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = ""]) => block.split("\n"));
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
  return [...fences, ...spans].flatMap((line) => {
    const said = /^(?:npx |pnpm )?migrator ([a-z].*)$/.exec(line.replace(/\s+#.*$/, ""))?.[1];
    return said === undefined ? [] : [said];
  });
}

/** The options of a command, of the command that it belongs to, and of all. */
function optionsOf(command: Command): string[] {
  return [...command.options, ...(command.parent?.options ?? []), ...program.options]
    .map(({ long }) => long ?? "")
    .concat("--help");
}

describe("the documents", async () => {
  const all = await documents();

  it.each(all)("$name names commands and options that there are", ({ text }) => {
    for (const line of commandsIn(text)) {
      const [name, second] = line.split(" ");
      const first = program.commands.find((one) => one.name() === name);
      expect([line, first?.name()]).toEqual([line, name]);
      const command = first?.commands.find((one) => one.name() === second) ?? first;
      const options = line.match(/--[a-z-]+/g) ?? [];
      expect([line, options.filter((option) => !optionsOf(command as Command).includes(option))]).toEqual([line, []]);
    }
  });

  it.each(all)("$name links to files that there are", async ({ name, text }) => {
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target = ""]) => target);
    for (const target of targets) {
      const file = path.resolve(root, path.dirname(name), target);
      const found: string[] = await readdir(path.dirname(file)).catch(() => []);
      expect([target, found.includes(path.basename(file))]).toEqual([target, true]);
    }
  });

  it("have examples of the library that run", async () => {
    const text = await readFile(path.join(root, "docs/library.md"), "utf8");
    const examples = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ""]) => code);
    expect(examples).toHaveLength(2);
    const folder = await mkdtemp(path.join(own, ".docs-"));
    onTestFinished(async () => await rm(folder, { recursive: true }));
    const { dsn, tables } = await emptyDatabase();
    const said: string[] = [];
    for (const [index, code] of examples.entries()) {
      const file = path.join(folder, `${index}.ts`);
      await writeFile(file, code);
      const run = promisify(execFile)(process.execPath, ["--conditions=@thedata/source", file], {
        env: { ...process.env, POSTGRES_DSN: dsn },
      });
      said.push((await run).stdout.trim().split("\n").at(-1) ?? "");
    }
    expect(said).toEqual(["applied [ '20240101000000_a' ]", "current"]);
    expect(await tables()).toContain("a");
  });
});
