import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const engine = path.join(root, "packages/migrator/src");
const map = readFileSync(path.join(root, "ARCHITECTURE.md"), "utf8");

/** The names between backticks in the first cells of the section's table. */
function namesIn(section: string): string[] {
  const text = map.slice(map.indexOf(`## ${section}`)).split(/^## /m)[1] ?? "";
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  return rows.flatMap((row) => (row.split("|")[1] ?? "").match(/[^`,\s]+(?=`)/g) ?? []);
}

/** The names of the folders and files in a folder, folders with a slash at the end. */
function entriesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !/\.test\.ts$|^node_modules$/.test(name))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
}

function sourcesIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => /(?<!\.test|\.d)\.ts$/.test(name)).map((name) => path.join(folder, name));
}

/** The files that a file imports by a relative path: values, types and dynamic imports. */
function importsOf(file: string): string[] {
  const pattern = /(?:^(?:import|export)[^;]*?from\s*|import\(\s*)["'](\.[^"']+)["']/gm;
  return [...readFileSync(file, "utf8").matchAll(pattern)].map(([, name = ""]) =>
    path.resolve(path.dirname(file), name),
  );
}

const rooms = namesIn("Rooms of the engine");
const firstRoom = rooms.findIndex((name) => name.endsWith("/"));
const lastRoom = rooms.findLastIndex((name) => name.endsWith("/"));

/** The level of a file in the engine: 0 for an entry at the top, the last for the files that all share. */
function levelOf(file: string): number {
  const [first = "", second] = path.relative(engine, file).split(path.sep);
  const index = rooms.indexOf(second === undefined ? first : `${first}/`);
  return index < firstRoom ? 0 : index > lastRoom ? lastRoom + 1 : index;
}

describe("the map", () => {
  it("names every package, and nothing else", () => {
    const packages = ["packages", "apps"].flatMap((folder) =>
      entriesOf(path.join(root, folder)).map((name) => path.join(folder, name).replace(/\/$/, "")),
    );
    expect(namesIn("Packages").toSorted()).toEqual(packages.toSorted());
  });

  it("names every room and every file beside the rooms of the engine, and nothing else", () => {
    expect(rooms.toSorted()).toEqual(entriesOf(engine).toSorted());
  });

  it("is in the order of the imports: none goes up", () => {
    const upwards = sourcesIn(engine).flatMap((file) =>
      importsOf(file)
        .filter((target) => levelOf(target) < levelOf(file))
        .map((target) => `${path.relative(engine, file)} → ${path.relative(engine, target)}`),
    );
    expect(upwards).toEqual([]);
  });
});

describe("imports", () => {
  const folders = [...readdirSync(path.join(root, "packages")).map((name) => `packages/${name}/src`), "apps/api/src"];

  it.each(folders)("of %s, of types too, go in no circle", (folder) => {
    const files = sourcesIn(path.join(root, folder));
    const graph = new Map(files.map((file) => [file, new Set(importsOf(file))]));
    // A file that imports none of the remaining files is in no cycle.
    for (let before = -1; before !== graph.size;) {
      before = graph.size;
      for (const [file, targets] of graph) if (![...targets].some((target) => graph.has(target))) graph.delete(file);
    }
    expect([...graph.keys()].map((file) => path.relative(root, file))).toEqual([]);
  });
});
