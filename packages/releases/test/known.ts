/** Where the judge may differ from what was seen, and why. */
export const known: Readonly<Record<string, string>> = {
  "the right to insert is revoked": "rights are a role's: the live judge and the run as a role see them",
  "the right to read one column is revoked that the release does not map": "the same",
  "the role gets another time zone, by which the old release's SQL cuts days": "a role's setting is not in the catalog",
  "a jsonb column is added with the name of a collection, filled with []":
    "the judge does not know what a column holds",
  'a jsonb column is added with the name of a collection, filled with {"title": "from the database"}':
    "the oracle does not look for documents",
  "a column is dropped that the old release lists when it reads":
    "the models do not say that the program lists it: wrong, not breaks",
  "the nulls of a column are filled, then it takes no null any more":
    "rows that a migration changes are not in the catalog",
  "an item that rows still have is removed from the newer models":
    "the oracle looks for such rows, which reading shows already",
  "a target is added to a polymorphic relation": "the oracle does not write to a polymorphic relation",
  "a view that an entity maps is dropped": "the oracle does not write to a view",
};

/** What only the catalogs show, and why running the statements does not. */
export const notRun: Readonly<Record<string, string>> = Object.fromEntries(
  (
    [
      [
        "rows of a relation's own table are written with the entities",
        ["a pivot table gets a column that takes no null", "the table of a relation's pivot is renamed"],
      ],
      [
        "a default is no value that the release sends",
        [
          "a default that MikroORM fills in is changed",
          "a default that the server fills in is changed",
          "a default that the server fills in is dropped, the column takes null",
        ],
      ],
      ["a sample sends one row", ["a column with a default comes, and may have it once"]],
      [
        "nobody asks whether other rows went too",
        ["a delete that set null cascades", "a foreign key is dropped whose delete cascaded"],
      ],
      [
        "the values of before are those of another time",
        [
          "a column that the old release sends is generated now",
          "a time becomes a date",
          "a time loses its zone while the server's is not UTC",
          "an item that rows still have is removed from the newer models",
          "the nulls of a column are filled, then it takes no null any more",
          "a text becomes an array",
        ],
      ],
      [
        "what the server made comes back by RETURNING, in another type",
        ["an integer key becomes a bigint, mapped as integer by the old release", "the version becomes a bigint"],
      ],
      [
        "the document goes to a collection, which an update changes",
        [`a jsonb column is added with the name of a collection, filled with {"title": "from the database"}`],
      ],
      [
        "a class of a shared table is found by its kind, which is a parameter",
        ["a table of single table inheritance gets a column that takes no null"],
      ],
      ["the recorded search looks into the document", ["a jsonb becomes a json"]],
      ["the rows have one spelling", ["a text gets another collation"]],
      [
        "a call's values are not known",
        [
          "a sequence is dropped that the old release asks",
          "a view is replaced by one with another filter",
          "the role gets another time zone, by which the old release's SQL cuts days",
        ],
      ],
      ["who does not see a row cannot see that it is left", ["row security is enabled without a policy"]],
      [
        "rights are no part of the schema",
        ["the right to insert is revoked", "the right to read one column is revoked that the release does not map"],
      ],
    ] as const
  ).flatMap(([reason, names]) => names.map((name) => [name, reason])),
);
