import { p, type EntitySchema } from "@mikro-orm/postgresql";
import { entity, onItems } from "./items.ts";
import { authors, books, libraryRows, libraryWrites } from "./library.ts";
import type { Scenario } from "./scenario.ts";

function library(): EntitySchema[] {
  const Author = entity("Author", "authors", { name: p.string() });
  const Book = entity("Book", "books", { title: p.string(), author: () => p.manyToOne(Author).nullable() });
  return [Author, Book];
}

/** Authors and books whose author is only a number to the old release. */
function loose(): EntitySchema[] {
  const Author = entity("Author", "authors", { name: p.string() });
  return [Author, entity("Book", "books", { title: p.string(), authorId: p.integer().nullable() })];
}

function changedRule(
  name: string,
  from: string,
  to: string,
  expected: Pick<Scenario, "oldOnNew" | "newOnOld">,
): Scenario {
  return {
    row: "delete rule changed",
    name,
    before: [authors, books(`constraint books_author references authors ${from}`)],
    rows: libraryRows,
    migration: [
      "alter table books drop constraint books_author",
      ...(to ? [`alter table books add constraint books_author foreign key (author_id) references authors ${to}`] : []),
    ],
    old: library,
    new: library,
    writes: libraryWrites,
    ...expected,
  };
}

const deletes = (verdict: "breaks" | "wrong", sqlState?: string | readonly string[]) => ({
  delete: { verdict, ...(sqlState && { sqlState }), column: "books.author_id", on: "Author" } as const,
});

/** Foreign keys and their delete rules. */
export const foreignKeys: readonly Scenario[] = [
  {
    row: "foreign key added",
    name: "a foreign key is added where the old release knows no relation",
    before: [authors, books("")],
    rows: libraryRows,
    migration: ["alter table books add foreign key (author_id) references authors"],
    old: loose,
    new: loose,
    writes: {
      Author: { full: { name: "n" }, minimal: ["name"] },
      Book: { full: { title: "t", authorId: 2 }, minimal: ["title"] },
    },
    extras: [{ on: "Book", values: { authorId: 99 } }],
    oldOnNew: {
      insert: { verdict: "depends", sqlState: "23503", column: "books.author_id", on: "Book" },
      update: { verdict: "depends", sqlState: "23503", column: "books.author_id", on: "Book" },
      delete: { verdict: "breaks", sqlState: "23503", column: "books.author_id", on: "Author" },
    },
    newOnOld: {},
  },
  {
    row: "foreign key added",
    name: "a foreign key is added as NOT VALID, and a row has no counterpart",
    before: [authors, books("")],
    rows: ["insert into authors (name) values ('a'), ('b')", "insert into books (title) values ('x')"],
    unusualRows: ["insert into books (title, author_id) values ('orphan', 98)"],
    migration: ["alter table books add foreign key (author_id) references authors not valid"],
    old: loose,
    new: loose,
    writes: {
      Author: { full: { name: "n" }, minimal: ["name"] },
      Book: { full: { title: "t", authorId: 2 }, minimal: ["title"] },
    },
    extras: [{ on: "Book", values: { authorId: 99 } }],
    oldOnNew: {
      insert: { verdict: "depends", sqlState: "23503", column: "books.author_id", on: "Book" },
      update: { verdict: "depends", sqlState: "23503", column: "books.author_id", on: "Book" },
    },
    newOnOld: {},
  },
  onItems({
    row: "foreign key added",
    name: "a table gets a foreign key to itself",
    columns: "parent_id int",
    rows: "(name, parent_id) values ('a', null), ('b', 1)",
    migration: ["alter table items add foreign key (parent_id) references items"],
    old: () => ({ parentId: p.integer().nullable() }),
    full: { parentId: 2 },
    extras: [{ on: "Item", values: { parentId: 99 } }],
    oldOnNew: {
      insert: { verdict: "depends", sqlState: "23503", column: "items.parent_id" },
      update: { verdict: "depends", sqlState: "23503", column: "items.parent_id" },
      delete: { verdict: "breaks", sqlState: "23503", column: "items.parent_id" },
    },
    newOnOld: {},
  }),
  {
    row: "foreign key added",
    name: "a foreign key is added between what the old release flushes in the other order",
    before: [authors, books("")],
    rows: ["insert into authors (name) values ('a'), ('b')", "insert into books (title) values ('x')"],
    migration: ["alter table books add foreign key (author_id) references authors"],
    old: () => loose(),
    new: library,
    writes: {
      Author: { full: { name: "n" }, minimal: ["name"] },
      Book: { full: { title: "t", authorId: 2, author: 2 }, minimal: ["title"] },
    },
    // Seen: without a relation MikroORM inserts last what was persisted first.
    together: [
      { on: "Author", values: { id: 50, name: "n" } },
      { on: "Book", values: { title: "t", authorId: 50, author: 50 } },
    ],
    oldOnNew: { insert: { verdict: "breaks", sqlState: "23503", column: "books.author_id", on: "Author" } },
    newOnOld: {},
  },
  changedRule("a delete that cascaded is restricted", "on delete cascade", "on delete restrict", {
    oldOnNew: deletes("breaks", ["23001", "23503"]),
    newOnOld: {},
  }),
  changedRule("a foreign key is dropped whose delete cascaded", "on delete cascade", "", {
    oldOnNew: deletes("wrong"),
    newOnOld: deletes("wrong"),
  }),
  changedRule("a delete that set null is no action", "on delete set null", "on delete no action", {
    oldOnNew: deletes("breaks", "23503"),
    newOnOld: {},
  }),
  changedRule("a delete that set null cascades", "on delete set null", "on delete cascade", {
    oldOnNew: deletes("wrong"),
    newOnOld: deletes("wrong"),
  }),
];
