import { expect, it } from "vitest";
import { isOutside, isRepeatable } from "./resume.ts";

it.each([
  ["create index concurrently i on t (a)", true],
  ['create unique index concurrently if not exists "I" on t (a)', true],
  ["create index concurrently on t (a)", false],
  ["drop index concurrently if exists i", true],
  ["vacuum (analyze) t", true],
  ["reindex table t", true],
  ["reindex table concurrently t", false],
  ["reindex (verbose, concurrently) index i", false],
  ["alter table p detach partition q concurrently", true],
  ["do $$ begin commit; end $$", false],
  ["call backfill()", false],
  ["vacuum t; vacuum u", false],
  ["update t set a = a + 1", false],
])("of %s whose end is unknown, another try is safe: %s", (sql, safe) => {
  expect(isRepeatable(sql)).toBe(safe);
});

it.each([
  ["reindex table concurrently t", true],
  ["create index concurrently on t (a)", true],
  ["do $$ begin commit; end $$", true],
  ["create index on t (a)", false],
  ["update t set a = 1", false],
])("%s goes outside a transaction in a script: %s", (sql, outside) => {
  expect(isOutside(sql)).toBe(outside);
});
