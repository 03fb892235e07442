import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
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

const houses = [
  { section: "Rooms of the engine", source: "packages/migrator/src" },
  { section: "Rooms of the releases", source: "packages/releases/src" },
  { section: "Rooms of the fleet", source: "packages/fleet/src" },
];

/** The level of a file, by its path in the source: 0 for an entry at the top, the last for the files that all share. */
function levelOf(rooms: readonly string[], file: string): number {
  const [first = "", second] = file.split(path.sep);
  const index = rooms.indexOf(second === undefined ? first : `${first}/`);
  const lastRoom = rooms.findLastIndex((name) => name.endsWith("/"));
  return index < rooms.findIndex((name) => name.endsWith("/")) ? 0 : Math.min(index, lastRoom + 1);
}

describe("the map", () => {
  it("names every package, and nothing else", () => {
    const packages = ["packages", "apps"].flatMap((folder) =>
      entriesOf(path.join(root, folder)).map((name) => path.join(folder, name).replace(/\/$/, "")),
    );
    expect(namesIn("Packages").toSorted()).toEqual(packages.toSorted());
  });

  it.each(houses)("names every room of $source and every file beside them, and nothing else", ({ section, source }) => {
    expect(namesIn(section).toSorted()).toEqual(entriesOf(path.join(root, source)).toSorted());
  });

  it.each(houses)("of $source is in the order of the imports: none goes up", ({ section, source }) => {
    const [rooms, folder] = [namesIn(section), path.join(root, source)];
    const upwards = sourcesIn(folder).flatMap((file) =>
      importsOf(file)
        .map((target) => [path.relative(folder, file), path.relative(folder, target)] as const)
        .filter(([from, to]) => levelOf(rooms, to) < levelOf(rooms, from))
        .map((pair) => pair.join(" → ")),
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
