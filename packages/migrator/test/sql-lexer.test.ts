import { expect, it } from "vitest";
import { tokenize } from "@thedata/catalog/sql";
import { emptyDatabase } from "./support.ts";

// What libpg-query's scanner, which gives comments as tokens, reads in another way than the server.
it.each([
  "E'a' -- a comment does not end it\n'it\\'s'",
  "'a' -- one\r\n\t-- two\n\n 'b'",
  "'a'\n--one\n'b'",
  "U&'\\0061' --\n'b'''",
  "'a' -- 'b'\n'c'",
])("reads %j as one literal, as the server does", async (literal) => {
  const { sql } = await emptyDatabase();
  expect(await sql(`select ${literal}`)).toHaveLength(1);
  expect(tokenize(literal).tokens).toEqual([{ kind: "string", start: 0, end: literal.length }]);
});
