import { expect, test } from "vitest";
import { readOptions } from "./options.ts";

const read = (...args: string[]) => readOptions(args, "here");

test("a full run has all workloads and peers, and writes beside itself", () => {
  const options = read();
  expect(options?.workloads.map(({ id }) => id).toSorted()).toEqual(["W1", "W2", "W3", "W4", "W5", "W6"]);
  expect(options?.peers[0]?.id).toBe("psql");
  expect(options).toMatchObject({ smoke: false, dsn: undefined, login: "trust", out: "here", trace: true });
});

test("workloads, peers and rounds can be chosen", () => {
  const options = read("--only", "W1,W3", "--peers", "ours,psql", "--rounds", "7", "--no-trace");
  expect(options?.workloads.map(({ id, rounds }) => [id, rounds])).toEqual([
    ["W3", 7],
    ["W1", 7],
  ]);
  expect(options?.peers.map(({ id }) => id)).toEqual(["psql", "ours"]);
  expect(options?.trace).toBe(false);
});

test("a smoke run is small and leaves the slow peers out", () => {
  const options = read("--smoke");
  expect(Math.max(...(options?.workloads.map(({ size }) => size) ?? []))).toBeLessThan(100);
  expect(options?.peers.map(({ id }) => id)).not.toContain("alembic");
});

test.each([
  { args: ["--only", "W9"], message: /no workload "W9"/ },
  { args: ["--peers", "ours,flyway"], message: /no peer "flyway"/ },
  { args: ["--rounds", "0"], message: /takes a number from 1/ },
  { args: ["--login", "md5"], message: /takes trust or scram/ },
  { args: ["--fast"], message: /--fast/ },
])("$args is refused", ({ args, message }) => {
  expect(() => read(...args)).toThrow(message);
});

test("asking for help is no run", () => {
  expect(read("--help")).toBeUndefined();
});
