import { p, type EntitySchema } from "@mikro-orm/postgresql";
import { entity, onItems } from "./items.ts";
import { authors, books, libraryRows, libraryWrites } from "./library.ts";
import type { Scenario } from "./scenario.ts";

const note = (verdict: "breaks" | "wrong", sqlState?: string) =>
  ({ verdict, ...(sqlState && { sqlState }), column: "items.note" }) as const;
const gone = note("breaks", "42703");
const missing = note("breaks", "23502");
function library(more: object = {}): EntitySchema[] {
  const Author = entity("Author", "authors", {
    name: p.string(),
    books: () => p.oneToMany(Book).mappedBy("author" as never),
    ...more,
  });
  const Book = entity("Book", "books", { title: p.string(), author: () => p.manyToOne(Author).nullable() });
  return [Author, Book];
}

/** Columns that are dropped or renamed. */
export const columns: readonly Scenario[] = [
  onItems({
    row: "drop column",
    name: "a nullable column that the old release maps is dropped",
    columns: "note text",
    rows: "(name, note) values ('a', 'x'), ('b', null)",
    migration: ["alter table items drop column note"],
    old: () => ({ note: p.text().nullable() }),
    new: () => ({}),
    full: { note: "y" },
    oldOnNew: { read: note("wrong"), filter: gone, insert: gone, update: gone, upsert: gone },
    newOnOld: {},
  }),
  onItems({
    row: "drop column",
    name: "a column without default is dropped that takes no null",
    columns: "note text not null",
    rows: "(name, note) values ('a', 'x'), ('b', 'z')",
    migration: ["alter table items drop column note"],
    old: () => ({ note: p.text() }),
    new: () => ({}),
    full: { note: "y" },
    required: ["note"],
    oldOnNew: { read: note("wrong"), filter: gone, insert: gone, update: gone, upsert: gone },
    newOnOld: { insert: missing, upsert: missing },
  }),
  onItems({
    row: "drop column",
    name: "a column is dropped that the old release lists when it reads",
    columns: "note text",
    rows: "(name, note) values ('a', 'x')",
    migration: ["alter table items drop column note"],
    old: () => ({ note: p.text().nullable() }),
    new: () => ({}),
    full: { note: "y" },
    listed: true,
    oldOnNew: { read: gone, filter: gone, insert: gone, update: gone, upsert: gone },
    newOnOld: {},
  }),
  onItems({
    row: "drop column",
    name: "a lazy column is dropped",
    columns: "note text",
    rows: "(name, note) values ('a', 'x')",
    migration: ["alter table items drop column note"],
    old: () => ({ note: p.text().lazy().nullable() }),
    new: () => ({}),
    full: { note: "y" },
    // The reference says: listed where a scalar is lazy, R B; seen: populating the only lazy one sends `*`.
    oldOnNew: { read: note("wrong"), filter: gone, insert: gone, update: gone, upsert: gone },
    newOnOld: {},
  }),
  onItems({
    row: "drop column",
    name: "a column is dropped beside a lazy one",
    columns: "note text, long text",
    rows: "(name, note, long) values ('a', 'x', 'l')",
    migration: ["alter table items drop column note"],
    old: () => ({ note: p.text().nullable(), long: p.text().lazy().nullable() }),
    new: () => ({ long: p.text().lazy().nullable() }),
    full: { note: "y", long: "k" },
    oldOnNew: { read: gone, filter: gone, insert: gone, update: gone, upsert: gone },
    newOnOld: {},
  }),
  onItems({
    row: "drop column",
    name: "a column is dropped that the old release sets on every update",
    columns: "touched timestamptz(3)",
    rows: "(name, touched) values ('a', '2020-01-01T00:00:00Z')",
    migration: ["alter table items drop column touched"],
    old: () => ({
      touched: p
        .datetime(3)
        .nullable()
        .onUpdate(() => new Date()),
    }),
    new: () => ({}),
    oldOnNew: {
      read: { verdict: "wrong", column: "items.touched" },
      filter: { verdict: "breaks", sqlState: "42703", column: "items.touched" },
      insert: { verdict: "breaks", sqlState: "42703", column: "items.touched" },
      update: { verdict: "breaks", sqlState: "42703", column: "items.touched" },
      upsert: { verdict: "breaks", sqlState: "42703", column: "items.touched" },
    },
    newOnOld: {},
  }),
  onItems({
    row: "drop column",
    name: "the column of the version is dropped",
    columns: "version int not null default 1",
    migration: ["alter table items drop column version"],
    old: () => ({ version: p.integer().version() }),
    new: () => ({}),
    oldOnNew: {
      read: { verdict: "wrong", column: "items.version" },
      filter: { verdict: "breaks", sqlState: "42703", column: "items.version" },
      insert: { verdict: "breaks", sqlState: "42703", column: "items.version" },
      update: { verdict: "breaks", sqlState: "42703", column: "items.version" },
      upsert: { verdict: "breaks", sqlState: "42703", column: "items.version" },
    },
    newOnOld: {},
  }),
  onItems({
    row: "drop column",
    name: "a generated column that the old release takes back is dropped",
    columns: "shout text generated always as (upper(name)) stored",
    migration: ["alter table items drop column shout"],
    old: () => ({ shout: p.text().generated("(upper(name)) stored") }),
    new: () => ({}),
    oldOnNew: {
      read: { verdict: "wrong", column: "items.shout" },
      filter: { verdict: "breaks", sqlState: "42703", column: "items.shout" },
      insert: { verdict: "breaks", sqlState: "42703", column: "items.shout" },
      update: { verdict: "breaks", sqlState: "42703", column: "items.shout" },
      // The reference says: upsert B; seen: an upsert by key does not take a generated column back.
    },
    newOnOld: {},
  }),
  {
    row: "drop column",
    name: "a column is dropped of an entity that another one reads by join",
    before: [authors.replace(")", ")").replace("not null)", "not null, motto text)"), books()],
    rows: ["insert into authors (name, motto) values ('a', 'm'), ('b', null)", ...libraryRows.slice(1)],
    migration: ["alter table authors drop column motto"],
    old: () => library({ motto: p.text().nullable() }),
    new: () => library(),
    writes: { ...libraryWrites, Author: { full: { name: "n", motto: "mm" }, minimal: ["name"] } },
    oldOnNew: {
      read: [
        { verdict: "wrong", column: "authors.motto", on: "Author" },
        { verdict: "breaks", sqlState: "42703", column: "authors.motto", on: "Book" },
      ],
      filter: { verdict: "breaks", sqlState: "42703", column: "authors.motto", on: "Author" },
      insert: { verdict: "breaks", sqlState: "42703", column: "authors.motto", on: "Author" },
      update: { verdict: "breaks", sqlState: "42703", column: "authors.motto", on: "Author" },
      upsert: { verdict: "breaks", sqlState: "42703", column: "authors.motto", on: "Author" },
    },
    newOnOld: {},
  },
  onItems({
    row: "drop column",
    name: "a column is dropped that neither release maps",
    columns: "note text",
    migration: ["alter table items drop column note"],
    oldOnNew: {},
    newOnOld: {},
  }),
  onItems({
    row: "rename column",
    name: "a nullable column is renamed with its property",
    columns: "note text",
    rows: "(name, note) values ('a', 'x')",
    migration: ["alter table items rename note to remark"],
    old: () => ({ note: p.text().nullable() }),
    new: () => ({ remark: p.text().nullable() }),
    full: { note: "y", remark: "z" },
    oldOnNew: { read: note("wrong"), filter: gone, insert: gone, update: gone, upsert: gone },
    newOnOld: {
      read: { verdict: "wrong", column: "items.remark" },
      filter: { verdict: "breaks", sqlState: "42703", column: "items.remark" },
      insert: { verdict: "breaks", sqlState: "42703", column: "items.remark" },
      update: { verdict: "breaks", sqlState: "42703", column: "items.remark" },
      upsert: { verdict: "breaks", sqlState: "42703", column: "items.remark" },
    },
  }),
  onItems({
    row: "rename column",
    name: "a column is renamed, the property keeps its name",
    columns: "note text not null",
    rows: "(name, note) values ('a', 'x')",
    migration: ["alter table items rename note to remark"],
    old: () => ({ note: p.text() }),
    new: () => ({ note: p.text().name("remark") }),
    full: { note: "y" },
    required: ["note"],
    oldOnNew: { read: note("wrong"), filter: gone, insert: gone, update: gone, upsert: gone },
    // The reference says: drop and add, R W; seen: R works, for `*` gives the old column under the property's name.
    newOnOld: { filter: gone, insert: gone, update: gone, upsert: gone },
  }),
];
