import { expect, it } from "vitest";
import {
  AheadError,
  ConnectionError,
  InterruptedError,
  LockedError,
  MigrationFailedError,
  MissingSchemaError,
  RefusedError,
} from "@thedata/migrator";
import { isTransient, outcomeOf, pauseAfter } from "./outcome.ts";

const failed = (sqlState: string | null) =>
  new MigrationFailedError("failed", {
    migration: "1_a",
    statement: "select 1",
    number: 1,
    total: 1,
    sqlState,
    position: null,
    detail: null,
    hint: null,
  });

/** A statement whose connection broke. */
function lost(): MigrationFailedError {
  const error = failed(null);
  return new MigrationFailedError(error.message, error, { cause: new Error("Connection terminated unexpectedly") });
}

it.each([
  ["waiting", new InterruptedError()],
  ["queued", new LockedError("held")],
  ["queued", failed("40P01")],
  ["queued", failed("55P03")],
  ["failed", failed(null)],
  ["queued", lost()],
  ["queued", new ConnectionError("PostgreSQL at h:1 cannot be reached: x", { cause: "ECONNREFUSED" })],
  ["queued", new ConnectionError("full", { cause: "53300" })],
  ["unreachable", new ConnectionError("PostgreSQL refuses the login", { cause: "28P01" })],
  ["gone", new ConnectionError("no such database", { cause: "3D000" })],
  ["gone", new MissingSchemaError("t", "a@h/d")],
  ["refused", new RefusedError("no")],
  ["refused", new AheadError(["9_x"])],
  ["failed", failed("23505")],
  ["failed", failed("22012")],
  ["failed", new TypeError("a bug")],
])("is %s after %s", (state, error) => {
  expect(outcomeOf(error)).toMatchObject({ state });
});

it.each([
  ["08006", true],
  ["40001", true],
  ["53100", true],
  ["57P01", true],
  ["57014", false],
  ["42P07", false],
])("%s is transient: %s", (sqlState, expected) => {
  expect(isTransient(sqlState)).toBe(expected);
});

it("tries again five times, later each time", () => {
  expect([1, 2, 3, 4, 5, 6].map(pauseAfter)).toEqual([5, 15, 45, 135, 300, undefined]);
});
