import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { lint, replay } from "../src/lint.ts";
import { Schema } from "../src/schema/schema.ts";
import { settle } from "../src/schema/settle.ts";
import { loadParser } from "../src/parse/statement.ts";

/** A migration on a deployed schema whose tables hold rows, written from the rules' reference without a look at the code. */
interface Case {
  readonly setup?: string;
  readonly sql: string;
  readonly outside?: boolean;
  readonly server?: number;
  readonly utc?: boolean;
  readonly unknown?: boolean;
  readonly timeouts?: boolean;
  readonly fires?: readonly string[];
  readonly silent?: readonly string[];
}

const cases = JSON.parse(readFileSync(path.join(import.meta.dirname, "cases.json"), "utf8")) as readonly Case[];

beforeAll(loadParser);

function findIn({
  setup = "",
  sql,
  outside = false,
  server = 18,
  utc,
  unknown = false,
  timeouts = true,
}: Case): Set<string> {
  const state = new Schema(!unknown);
  replay([{ statements: [setup] }], state);
  settle(state);
  const limits = timeouts
    ? { lockTimeoutMs: 3000, statementTimeoutMs: 0 }
    : { lockTimeoutMs: undefined, statementTimeoutMs: undefined };
  const settings = { ...limits, timeZone: utc ? "UTC" : "Europe/Berlin", server };
  const found = lint([{ name: "case", statements: [sql], transactional: !outside, source: sql }], {
    state,
    settings,
    style: true,
  });
  return new Set(found.map(({ rule }) => rule));
}

describe("cases from the reference", () => {
  it.each(cases)("$sql", (one) => {
    const found = findIn(one);
    expect((one.fires ?? []).filter((rule) => !found.has(rule))).toEqual([]);
    expect((one.silent ?? []).filter((rule) => found.has(rule))).toEqual([]);
  });
});
