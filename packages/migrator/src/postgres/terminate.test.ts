import { expect, it } from "vitest";
import { terminate } from "./terminate.ts";

it.each([
  ["select 1", "select 1;"],
  ["select 1;\n", "select 1;"],
  ["select 1 -- why", "select 1 -- why\n;"],
  ["select 1 -- why;", "select 1 -- why\n;"],
  ["select 1 -- why\n", "select 1 -- why\n;"],
  ["-- why\nselect 1", "-- why\nselect 1;"],
  ["select 1; -- why", "select 1; -- why"],
  ["select '--'", "select '--';"],
  ["select 1 /* why\n*/;;", "select 1 /* why\n*/\n;"],
])("ends %j as %j", (sql, ended) => {
  expect(terminate(sql)).toBe(ended);
});
