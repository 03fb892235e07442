import type { KnownMigration } from "../history/load.ts";
import { describe, expect, it } from "vitest";
import { checkHistory, checkPlan, isAhead } from "./integrity.ts";
import type { Problem } from "../errors.ts";
import { buildManifest, type Manifest } from "../history/manifest.ts";

const known = (name: string, checksum: string | null = `sum of ${name}`): KnownMigration => ({
  name,
  checksum,
  reversible: true,
});
const row = (name: string, checksum: string | null = `sum of ${name}`) => ({ name, checksum });
const history = [known("M1"), known("M2"), known("M3")];
const brief = (problems: readonly Problem[]) => problems.map(({ code, migration }) => `${code} ${migration}`);
const manifestOf = (...names: string[]) => buildManifest(names.map((name) => ({ name, checksum: `sum of ${name}` })));

describe("checkHistory", () => {
  it.each([
    { what: "nothing in a sound history", files: history, applied: [row("M1"), row("M2")], found: [] },
    { what: "nothing on an empty database", files: history, applied: [], found: [] },
    { what: "a file twice", files: [known("M1"), known("M1")], applied: [], found: ["duplicate M1"] },
    { what: "a row twice", files: history, applied: [row("M1"), row("M1")], found: ["duplicate M1"] },
    {
      what: "a file that is gone",
      files: [known("M1"), known("M3")],
      applied: [row("M1"), row("M2")],
      found: ["missing M2"],
    },
    {
      what: "a gone file of a database that is ahead too",
      files: [known("M2")],
      applied: [row("M1"), row("M2"), row("M9")],
      found: ["missing M1", "missing M9"],
    },
    {
      what: "no missing file where the database is only ahead",
      files: history,
      applied: [...history, row("M9")],
      found: [],
    },
    { what: "an edited file", files: history, applied: [row("M1", "another")], found: ["changed M1"] },
    { what: "no edit where the ledger has no checksum", files: history, applied: [row("M1", null)], found: [] },
    { what: "no edit where the file was not read", files: [known("M1", null)], applied: [row("M1")], found: [] },
  ])("finds $what", ({ files, applied, found }) => {
    expect(brief(checkHistory(files, applied))).toEqual(found);
  });

  const sound = manifestOf("M1", "M2", "M3");
  const swapped: Manifest = {
    version: 1,
    migrations: [sound.migrations[1], sound.migrations[0], sound.migrations[2]].flatMap((entry) => entry ?? []),
  };
  it.each([
    { what: "nothing", manifest: sound, files: history, found: [] },
    {
      what: "SQL that differs",
      manifest: sound,
      files: [known("M1"), known("M2", "other"), known("M3")],
      found: ["changed M2"],
    },
    { what: "a file that is not listed", manifest: manifestOf("M1", "M2"), files: history, found: ["changed M3"] },
    { what: "a listed file that is gone", manifest: sound, files: history.slice(0, 2), found: ["missing M3"] },
    {
      what: "entries that changed places",
      manifest: swapped,
      files: history,
      found: ["changed M2", "changed M1", "changed M3"],
    },
  ])("finds $what in a manifest", ({ manifest, files, found }) => {
    expect(brief(checkHistory(files, [], manifest))).toEqual(found);
  });

  it("names the way out of each problem", () => {
    const problems = checkHistory([known("M1"), known("M1"), known("M3")], [row("M1", "another"), row("M2")], sound);
    expect(problems.length).toBeGreaterThan(3);
    for (const { message } of problems) expect(message).toMatch(/keep one|repair|check --fix/);
  });
});

describe("checkPlan", () => {
  const up = (...steps: string[]) => ({ direction: "up", steps }) as const;
  const down = (...steps: string[]) => ({ direction: "down", steps }) as const;
  const noDown: KnownMigration = { name: "M2", checksum: "s", reversible: false };
  const declared: KnownMigration = { ...noDown, irreversible: "the rows are gone" };

  it.each([
    { what: "nothing against the next ones", files: history, applied: ["M1"], plan: up("M2", "M3"), found: [] },
    {
      what: "a migration before an applied one",
      files: history,
      applied: ["M1", "M3"],
      plan: up("M2"),
      found: ["out-of-order M2"],
    },
    { what: "nothing against going down", files: history, applied: ["M1"], plan: down("M1"), found: [] },
    {
      what: "a missing down",
      files: [known("M1"), noDown],
      applied: ["M1", "M2"],
      plan: down("M2"),
      found: ["irreversible M2"],
    },
    { what: "a missing file", files: [known("M1")], applied: ["M1", "M2"], plan: down("M2"), found: ["missing M2"] },
    {
      what: "nothing against a file that was not read",
      files: [{ ...noDown, reversible: null }],
      applied: ["M2"],
      plan: down("M2"),
      found: [],
    },
  ])("finds $what", ({ files, applied, plan, found }) => {
    expect(
      brief(
        checkPlan(
          files,
          applied.map((name) => row(name)),
          plan,
        ),
      ),
    ).toEqual(found);
  });

  it("passes on why a migration cannot be reverted", () => {
    expect(checkPlan([declared], [row("M2")], down("M2"))[0]?.message).toContain("the rows are gone");
    expect(checkPlan([noDown], [row("M2")], down("M2"))[0]?.message).toContain("has no down");
  });
});

describe("isAhead", () => {
  it.each([
    { what: "a newer migration is unknown", applied: ["M1", "M2", "M3", "M4"], ahead: true },
    { what: "everything is known", applied: ["M1", "M2", "M3"], ahead: false },
    { what: "an older migration is unknown", applied: ["M0", "M1", "M2", "M3"], ahead: false },
    { what: "one of two unknown ones is older", applied: ["M0", "M1", "M2", "M3", "M4"], ahead: false },
    { what: "something of ours is pending still", applied: ["M1", "M2", "M4"], ahead: false },
    { what: "nothing is applied", applied: [], ahead: false },
  ])("is $ahead when $what", ({ applied, ahead }) => {
    expect(
      isAhead(
        history,
        applied.map((name) => row(name)),
      ),
    ).toBe(ahead);
  });
});
