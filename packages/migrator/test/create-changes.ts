import type { OrmOptions } from "../src/execute/orm-options.ts";
import { defineEntity, p } from "@mikro-orm/core";
import { UnderscoreNamingStrategy } from "@mikro-orm/postgresql";

/** One change of the models, and what the migration must say. */
export interface ModelChange {
  readonly change: string;
  readonly before: () => OrmOptions;
  readonly after: () => OrmOptions;
  /** Rows that are there when the migration comes, and stay through `up` and `down`. */
  readonly rows?: readonly string[];
  /** As `--rename` gives them. */
  readonly renames?: readonly string[];
  /** Nothing is renamed: what `--no-renames` says. */
  readonly noRenames?: boolean;
  /** What stands in the file, word for word. */
  readonly says?: readonly string[];
  /** What must not stand in it. */
  readonly never?: readonly string[];
  /** The warnings, in part; none where there are none. */
  readonly warns?: readonly string[];
  /** A query and what it must give after `up`. */
  readonly keeps?: { readonly sql: string; readonly rows: readonly unknown[] };
}

/** As theData.io's models name things. */
class Named extends UnderscoreNamingStrategy {
  override indexName(table: string, columns: string[], type: string): string {
    const prefix: Record<string, string> = { primary: "pk", foreign: "fk", unique: "uq", index: "idx", check: "ck" };
    return [prefix[type] ?? type, table, ...(type === "primary" ? [] : columns)].join("_");
  }
}

type Properties = Parameters<typeof defineEntity>[0]["properties"];
type More = Record<string, unknown>;

const id = () => p.uuid().primary().defaultRaw("gen_random_uuid()");
interface Scope {
  /** Stands behind every name of a change, so that many of them have room in one schema. */
  readonly suffix: string;
  owner?: unknown;
}
let scope: Scope = { suffix: "" };

const within = <Result>(inner: Scope, work: () => Result): Result => {
  const outer = scope;
  scope = inner;
  try {
    return work();
  } finally {
    scope = outer;
  }
};

const names = "things owners items slots metrics logs records tags entries lefts rights others journal thing_state";
const indexes = "idx_old idx_new idx_part idx_lower idx_b idx_data uq_old uq_new uq_lower";
const own = new RegExp(`(?<![a-z])(${`${names} ${indexes}`.replaceAll(" ", "|")})(?![a-z])`, "g");

/** A text with the suffix behind every name. */
const suffixed = (text: string, suffix: string) => text.replaceAll(own, (name) => name + suffix);

/** The same in everything that belongs to an entity; what is looked up later is looked up in the same scope. */
const bind = (value: unknown, inner: Scope): unknown => {
  if (typeof value === "string") return suffixed(value, inner.suffix);
  if (typeof value === "function") return (...all: unknown[]) => within(inner, () => value(...all));
  if (Array.isArray(value)) return value.map((one) => bind(one, inner));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, bind(one, inner)]));
};

// The builders' types say which property is which; here any of them will do.
const entity = (name: string, tableName: string, properties: unknown, more: More = {}): unknown =>
  defineEntity({
    ...(bind(more, scope) as More),
    name: `${name}${scope.suffix}`,
    tableName: `${tableName}${scope.suffix}`,
    properties: bind(properties, scope) as Properties,
  } as never);
const things = (properties: object, more: More = {}) => entity("Thing", "things", { id: id(), ...properties }, more);
const owner = () => (scope.owner ??= entity("Owner", "owners", { id: id(), name: p.string().nullable() }));
const enumName = () => `thing_state${scope.suffix}`;
const models = (...entities: unknown[]): OrmOptions => ({ entities, namingStrategy: Named });

const one = (properties: object, more: More = {}) => models(things(properties, more));
const owned = (thing: object, more: More = {}) => models(owner(), things(thing, more));
const belongs = () => p.manyToOne(owner() as never);

/** A table with a key that counts up, and another one that refers to it. */
const counted = (key: string, primary: object) => {
  const log = entity("Log", "logs", { [key]: primary, line: p.text() });
  return models(log, entity("Tag", "tags", { id: id(), log: () => p.manyToOne(log as never).joinColumn("log_id") }));
};

const anyRow = ["insert into things default values"];
const owners = ["insert into owners (id, name) values ('00000000-0000-0000-0000-000000000001', 'Ada')"];
const values = (column: string, ...literals: string[]) => [
  `insert into things (${column}) values ${literals.map((literal) => `(${literal})`).join(", ")}`,
];

const columns: readonly ModelChange[] = Object.entries({
  string: p.string().nullable(),
  "string with a length and a default": p.string().length(20).default("new"),
  text: p.text().nullable(),
  uuid: p.uuid().defaultRaw("gen_random_uuid()"),
  integer: p.integer().default(7),
  smallint: p.smallint().nullable(),
  bigint: p.bigint("string").defaultRaw("0"),
  double: p.double().nullable(),
  numeric: p.decimal().precision(10).scale(2).default("1.50"),
  boolean: p.boolean().default(true),
  datetime: p.datetime().defaultRaw("now()"),
  "datetime of milliseconds": p.datetime(3).nullable(),
  date: p.date().nullable(),
  time: p.time().nullable(),
  json: p.json().defaultRaw("'{}'"),
  enum: p.enum(["red", "green"]).default("red"),
  "text array": p.array().nullable(),
  "array with a type": p.array().columnType("int[]").defaultRaw("'{1,2}'"),
  blob: p.blob().nullable(),
  interval: p.interval().nullable(),
  generated: p.integer().generated("(1 + 1) stored").nullable(),
  "text with a comment": p.text().nullable().comment("what people say; it's free"),
  "text in a collation": p.text().nullable().collation("C"),
}).map(([what, property]) => ({
  change: `a column is added: ${what}`,
  before: () => one({}),
  after: () => one({ fresh: property }),
  rows: anyRow,
  warns: [],
}));

const nulls: readonly ModelChange[] = [
  {
    change: "a column is dropped",
    before: () => one({ note: p.text().nullable() }),
    after: () => one({}),
    rows: values("note", "'gone'"),
    says: ["// drops things.note and its data\n"],
    warns: ["drops things.note"],
  },
  {
    change: "a required column is added without a default",
    before: () => one({}),
    after: () => one({ email: p.string() }),
    says: ["// things.email is new, NOT NULL and without a default"],
    warns: ["things.email is new"],
  },
  {
    change: "a column becomes required",
    before: () => one({ email: p.string().nullable() }),
    after: () => one({ email: p.string() }),
    rows: values("email", "'a@b'"),
    says: ["// things.email becomes NOT NULL", "where email is null"],
    warns: ["things.email becomes NOT NULL"],
  },
  {
    change: "a column becomes optional",
    before: () => one({ email: p.string() }),
    after: () => one({ email: p.string().nullable() }),
    rows: values("email", "'a@b'"),
    warns: [],
  },
];

const defaults: readonly ModelChange[] = [
  {
    change: "a default is added",
    before: () => one({ size: p.integer().nullable() }),
    after: () => one({ size: p.integer().nullable().default(1) }),
    rows: anyRow,
  },
  {
    change: "a default is changed",
    before: () => one({ label: p.string().default("a") }),
    after: () => one({ label: p.string().default("b") }),
    rows: anyRow,
  },
  {
    change: "a default is removed",
    before: () => one({ label: p.string().default("a") }),
    after: () => one({ label: p.string() }),
    rows: anyRow,
  },
  {
    change: "a default becomes an expression",
    before: () => one({ at: p.datetime().nullable() }),
    after: () => one({ at: p.datetime().nullable().defaultRaw("now() + interval '1 day'") }),
    rows: anyRow,
  },
  {
    change: "a boolean's default is turned round",
    before: () => one({ on: p.boolean().default(true) }),
    after: () => one({ on: p.boolean().default(false) }),
    rows: anyRow,
  },
  {
    change: "a json default is changed",
    before: () => one({ data: p.json().defaultRaw("'{}'") }),
    after: () => one({ data: p.json().defaultRaw(`'{"a": [1, 2]}'`) }),
    rows: anyRow,
  },
];

const state = (...allowed: string[]) => one({ state: p.enum(allowed).default(allowed[0] ?? "") });
const enums: readonly ModelChange[] = [
  {
    change: "an enum gets a value",
    before: () => state("on", "off"),
    after: () => state("on", "off", "broken"),
    rows: anyRow,
    warns: [],
  },
  {
    change: "an enum loses a value",
    before: () => state("on", "off", "broken"),
    after: () => state("on", "off"),
    rows: anyRow,
    warns: ["breaks ck_things_state"],
  },
  {
    change: "an enum's default is another value",
    before: () => state("on", "off"),
    after: () => one({ state: p.enum(["on", "off"]).default("off") }),
    rows: anyRow,
  },
  {
    change: "an enum becomes any text",
    before: () => state("on", "off"),
    after: () => one({ state: p.text().default("on") }),
    rows: anyRow,
  },
  {
    change: "a text becomes an enum",
    before: () => one({ state: p.text().default("on") }),
    after: () => state("on", "off"),
    rows: anyRow,
    warns: ["breaks ck_things_state"],
  },
  {
    change: "an enum of PostgreSQL's own is added",
    before: () => one({}),
    after: () => one({ state: p.enum(["on", "off"]).nativeEnumName(enumName()).default("on") }),
    rows: anyRow,
  },
];

const types: readonly ModelChange[] = [
  {
    change: "a string may be longer",
    before: () => one({ name: p.string().length(20).nullable() }),
    after: () => one({ name: p.string().length(40).nullable() }),
    rows: values("name", "'x'"),
    warns: [],
  },
  {
    change: "a string must be shorter",
    before: () => one({ name: p.string().length(40).nullable() }),
    after: () => one({ name: p.string().length(20).nullable() }),
    rows: values("name", "'x'"),
    never: ["using (", "do $guard$"],
    warns: ["things.name changes from character varying(40) to character varying(20)"],
  },
  {
    change: "a string becomes text",
    before: () => one({ name: p.string().default("x") }),
    after: () => one({ name: p.text().default("x") }),
    rows: anyRow,
    warns: [],
  },
  {
    change: "a number gets more digits",
    before: () => one({ price: p.decimal().precision(8).scale(2).nullable() }),
    after: () => one({ price: p.decimal().precision(12).scale(2).nullable() }),
    rows: values("price", "1.25"),
    warns: [],
  },
  {
    change: "a number loses digits",
    before: () => one({ price: p.decimal().precision(12).scale(4).nullable() }),
    after: () => one({ price: p.decimal().precision(12).scale(2).nullable() }),
    rows: values("price", "1.25"),
    says: ["rows of things whose price numeric(12,2) would cut or round: "],
    never: ["using ("],
    warns: ["a value that does not fit would be cut or rounded"],
  },
  {
    change: "an integer becomes a bigint",
    before: () => one({ count: p.integer().default(0) }),
    after: () => one({ count: p.bigint("number").defaultRaw("0") }),
    rows: anyRow,
    warns: ["the table is rewritten"],
  },
  {
    change: "a key that counts up becomes a bigint, and others refer to it",
    before: () => counted("id", p.integer().primary()),
    after: () => counted("id", p.bigint("number").primary()),
    rows: ["insert into logs (line) values ('x')", "insert into tags (log_id) values (1)"],
    says: ["alter sequence public.logs_id_seq as bigint", "alter sequence public.logs_id_seq as integer"],
    keeps: {
      sql: "select seqtypid::regtype::text as type from pg_sequence where seqrelid = 'logs_id_seq'::regclass",
      rows: [{ type: "bigint" }],
    },
  },
  {
    change: "an integer becomes text",
    before: () => one({ code: p.integer().nullable() }),
    after: () => one({ code: p.text().nullable() }),
    rows: values("code", "42"),
    warns: ["the table is rewritten"],
    keeps: { sql: "select code from things", rows: [{ code: "42" }] },
  },
  {
    change: "a text becomes an integer",
    before: () => one({ code: p.text().nullable() }),
    after: () => one({ code: p.integer().nullable() }),
    rows: values("code", "'42'"),
    says: [`type int using ("code"::int)`, "rows of things whose code integer would cut or round: "],
    warns: ["a value that does not fit would be cut or rounded"],
    keeps: { sql: "select code from things", rows: [{ code: 42 }] },
  },
  {
    change: "a type and its default change, and the old default fits the new type in no way",
    before: () => one({ code: p.string().default("1") }),
    after: () => one({ code: p.integer().default(1) }),
    rows: values("code", "'42'"),
    warns: ["a value that does not fit"],
    keeps: { sql: "select code from things", rows: [{ code: 42 }] },
  },
  {
    change: "a boolean with a default becomes a text with one",
    before: () => one({ flag: p.boolean().default(true) }),
    after: () => one({ flag: p.text().default("true") }),
    rows: anyRow,
  },
  {
    change: "a uuid becomes text",
    before: () => one({ token: p.uuid().nullable() }),
    after: () => one({ token: p.text().nullable() }),
    rows: values("token", "gen_random_uuid()"),
  },
  {
    change: "a text becomes json",
    before: () => one({ data: p.text().nullable() }),
    after: () => one({ data: p.json().nullable() }),
    rows: values("data", `'{"a": 1}'`),
    keeps: { sql: "select data from things", rows: [{ data: { a: 1 } }] },
  },
  {
    change: "a time gets milliseconds",
    before: () => one({ at: p.datetime(0).nullable() }),
    after: () => one({ at: p.datetime(3).nullable() }),
    rows: values("at", "now()"),
    warns: [],
  },
  {
    change: "an array's elements get another type",
    before: () => one({ labels: p.array().columnType("int[]").nullable() }),
    after: () => one({ labels: p.array().columnType("text[]").nullable() }),
    rows: values("labels", "'{1,2}'"),
  },
  {
    change: "a column with an index and a check changes its type",
    before: () =>
      one(
        { size: p.integer().default(1) },
        { indexes: [{ properties: ["size"] }], checks: [{ name: "ck_things_size", expression: "size > 0" }] },
      ),
    after: () =>
      one(
        { size: p.bigint("number").defaultRaw("1") },
        { indexes: [{ properties: ["size"] }], checks: [{ name: "ck_things_size", expression: "size > 0" }] },
      ),
    rows: anyRow,
  },
];

const pair = { a: p.integer().nullable(), b: p.text().nullable() };
const keys: readonly ModelChange[] = [
  {
    change: "a column becomes unique",
    before: () => one({ email: p.string().nullable() }),
    after: () => one({ email: p.string().nullable().unique() }),
    rows: values("email", "'a'", "'b'"),
    warns: ["fails while two rows of things have the same email"],
  },
  {
    change: "a column is no longer unique",
    before: () => one({ email: p.string().nullable().unique() }),
    after: () => one({ email: p.string().nullable() }),
    rows: values("email", "'a'"),
    warns: [],
  },
  {
    change: "two columns become unique together",
    before: () => one(pair),
    after: () => one(pair, { uniques: [{ properties: ["a", "b"] }] }),
    warns: ["the same a, b"],
  },
  {
    change: "an index is added",
    before: () => one(pair),
    after: () => one(pair, { indexes: [{ properties: ["a"] }] }),
    rows: anyRow,
  },
  {
    change: "an index of two columns is turned round",
    before: () => one(pair, { indexes: [{ name: "idx_things_both", properties: ["a", "b"] }] }),
    after: () => one(pair, { indexes: [{ name: "idx_things_both", properties: ["b", "a"] }] }),
    rows: anyRow,
  },
  {
    change: "an index gets another name",
    before: () => one(pair, { indexes: [{ name: "idx_old", properties: ["a"] }] }),
    after: () => one(pair, { indexes: [{ name: "idx_new", properties: ["a"] }] }),
    says: ["alter index idx_old rename to idx_new"],
    never: ["create index"],
  },
  {
    change: "a unique constraint gets another name",
    before: () => one(pair, { uniques: [{ name: "uq_old", properties: ["a"] }] }),
    after: () => one(pair, { uniques: [{ name: "uq_new", properties: ["a"] }] }),
    says: ["alter table things rename constraint uq_old to uq_new"],
    never: ["unique ("],
  },
  {
    change: "a partial index is added",
    before: () => one(pair),
    after: () => one(pair, { indexes: [{ name: "idx_part", properties: ["a"], where: "b is not null" }] }),
    rows: anyRow,
  },
  {
    change: "a partial index covers other rows",
    before: () => one(pair, { indexes: [{ name: "idx_part", properties: ["a"], where: "b is not null" }] }),
    after: () => one(pair, { indexes: [{ name: "idx_part", properties: ["a"], where: "b is null" }] }),
    rows: anyRow,
  },
  {
    change: "an index over an expression is added",
    before: () => one(pair),
    after: () =>
      one(pair, {
        indexes: [
          {
            name: "uq_lower",
            expression: (_: unknown, t: string, n: string) => `create unique index "${n}" on ${t} (lower("b"))`,
          },
        ],
      }),
    warns: ["the same value for uq_lower"],
  },
  {
    change: "an index over an expression is dropped",
    before: () =>
      one(pair, {
        indexes: [{ name: "idx_lower", expression: `create index "idx_lower" on "things" (lower("b"))` }],
      }),
    after: () => one(pair),
    rows: anyRow,
  },
  {
    change: "an index over an expression covers another one under the same name",
    before: () =>
      one(pair, { indexes: [{ name: "idx_b", expression: `create index "idx_b" on "things" (lower("b"))` }] }),
    after: () =>
      one(pair, { indexes: [{ name: "idx_b", expression: `create index "idx_b" on "things" (upper("b"))` }] }),
    rows: anyRow,
    says: ["upper("],
  },
  {
    change: "an index of another kind is added",
    before: () => one({ data: p.json().nullable() }),
    after: () =>
      one({ data: p.json().nullable() }, { indexes: [{ name: "idx_data", properties: ["data"], type: "gin" }] }),
    rows: anyRow,
  },
  {
    change: "a key is made of two columns",
    before: () => models(owner()),
    after: () =>
      models(
        owner(),
        entity("Slot", "slots", {
          owner: () => belongs().primary(),
          day: p.integer().primary(),
          note: p.text().nullable(),
        }),
      ),
    rows: owners,
  },
  {
    change: "a table counts its key up",
    before: () => models(owner()),
    after: () =>
      models(owner(), entity("Metric", "metrics", { id: p.bigint("string").primary().generated("identity") })),
  },
  {
    change: "a key counts up in a sequence",
    before: () => models(owner()),
    after: () => models(owner(), entity("Metric", "metrics", { id: p.integer().primary().autoincrement() })),
  },
  {
    change: "a key of four bytes gets eight",
    before: () => models(entity("Metric", "metrics", { id: p.integer().primary() })),
    after: () => models(entity("Metric", "metrics", { id: p.bigint("string").primary() })),
    rows: ["insert into metrics (id) values (1)"],
  },
];

const checked = (...checks: object[]) =>
  one({ size: p.integer().default(5), other: p.integer().default(5) }, { checks });
const checks: readonly ModelChange[] = [
  {
    change: "a check is added",
    before: () => checked(),
    after: () => checked({ name: "ck_size", expression: "size > 0" }),
    rows: anyRow,
    warns: ["breaks ck_size"],
  },
  {
    change: "a check is changed",
    before: () => checked({ name: "ck_size", expression: "size > 0" }),
    after: () => checked({ name: "ck_size", expression: "size > 1" }),
    rows: anyRow,
    warns: ["breaks ck_size"],
  },
  {
    change: "a check is changed in its brackets alone",
    before: () => checked({ name: "ck_size", expression: "size = 5 or (other = 5 and size = 6)" }),
    after: () => checked({ name: "ck_size", expression: "(size = 5 or other = 5) and size = 6" }),
    says: ["ck_size"],
  },
  {
    change: "a check is removed",
    before: () => checked({ name: "ck_size", expression: "size > 0" }),
    after: () => checked(),
    rows: anyRow,
  },
];

const rules = ["cascade", "set null", "restrict", "no action", "set default"] as const;
const relations: readonly ModelChange[] = [
  ...rules.map((rule) => ({
    change: `a relation is added, on delete ${rule}`,
    before: () => owned({}),
    after: () => owned({ owner: () => belongs().nullable().deleteRule(rule).index() }),
    rows: [...owners, ...anyRow],
    warns: [],
  })),
  ...(
    [
      ["cascade", "restrict"],
      ["set null", "cascade"],
      ["no action", "set default"],
    ] as const
  ).map(([from, to]) => ({
    change: `a relation's rule becomes ${to} and was ${from}`,
    before: () => owned({ owner: () => belongs().nullable().deleteRule(from) }),
    after: () => owned({ owner: () => belongs().nullable().deleteRule(to) }),
    rows: [...owners, ...values("owner_id", "(select id from owners)")],
  })),
  {
    change: "a relation is taken away",
    before: () => owned({ owner: () => belongs().nullable().index() }),
    after: () => owned({}),
    rows: anyRow,
    warns: ["drops things.owner_id"],
  },
  {
    change: "a relation becomes required",
    before: () => owned({ owner: () => belongs().nullable() }),
    after: () => owned({ owner: () => belongs() }),
    rows: [...owners, ...values("owner_id", "(select id from owners)")],
    warns: ["things.owner_id becomes NOT NULL"],
  },
  {
    change: "a plain column becomes a relation",
    before: () => owned({ ownerId: p.uuid().nullable() }),
    after: () => owned({ owner: () => belongs().nullable() }),
    rows: [...owners, ...values("owner_id", "(select id from owners)")],
  },
  {
    change: "one thing has one owner",
    before: () => owned({}),
    after: () => owned({ owner: () => p.oneToOne(owner() as never).nullable() }),
    rows: anyRow,
  },
  {
    change: "many things have many owners",
    before: () => owned({}),
    after: () => owned({ owners: () => p.manyToMany(owner() as never) }),
    rows: [...owners, ...anyRow],
  },
  {
    change: "many things have no owners any more",
    before: () => owned({ owners: () => p.manyToMany(owner() as never) }),
    after: () => owned({}),
    rows: [...owners, ...anyRow],
    warns: ["drops things"],
  },
  {
    change: "a thing may have a parent",
    before: () => one({}),
    after: () => {
      const thing: unknown = things({
        parent: () =>
          p
            .manyToOne(thing as never)
            .nullable()
            .deleteRule("cascade")
            .index(),
      });
      return models(thing);
    },
    rows: anyRow,
  },
];

const mail = (column: string) => ({
  [column]: p.string().unique(),
  state: p.enum(["on", "off"]).default("on"),
});
const tables: readonly ModelChange[] = [
  {
    change: "a table is added",
    before: () => models(owner()),
    after: () => owned({ owner: () => belongs().deleteRule("cascade").index() }),
    rows: owners,
    warns: [],
  },
  {
    change: "a table is dropped",
    before: () => owned({ owner: () => belongs().nullable(), kind: p.enum(["a", "b"]).default("a") }),
    after: () => models(owner()),
    rows: anyRow,
    says: ["// drops things and all of its rows\n", 'drop table "things"'],
    never: ["cascade"],
    warns: ["drops things and all of its rows"],
  },
  {
    change: "a table that others refer to is dropped with them",
    before: () => owned({ owner: () => belongs().nullable() }),
    after: () =>
      models(entity("Other", "others", { id: p.integer().primary(), some: p.text(), more: p.text(), again: p.text() })),
    rows: owners,
    warns: ["drops owners", "drops things"],
  },
  {
    change: "two tables refer to each other",
    before: () => models(owner()),
    after: () => {
      const left: unknown = entity("Left", "lefts", { id: id(), right: () => p.manyToOne(right as never).nullable() });
      const right: unknown = entity("Right", "rights", { id: id(), left: () => p.manyToOne(left as never).nullable() });
      return models(owner(), left, right);
    },
  },
  {
    change: "a table in a schema of its own is added",
    before: () => models(owner()),
    after: () => models(owner(), entity("Entry", "entries", { id: id(), text: p.text() }, { schema: "journal" })),
  },
  {
    change: "a table gets a comment",
    before: () => one({}),
    after: () => one({}, { comment: "what there is; it's a lot" }),
    rows: anyRow,
  },
  {
    change: "a column's comment changes",
    before: () => one({ size: p.integer().nullable().comment("in metres") }),
    after: () => one({ size: p.integer().nullable().comment("in feet") }),
    rows: anyRow,
  },
];

const renames: readonly ModelChange[] = [
  {
    change: "a column is renamed",
    before: () => one({ mail: p.string() }),
    after: () => one({ email: p.string() }),
    rows: values("mail", "'a@b'"),
    renames: ["things.mail=email"],
    says: ["alter table things rename column mail to email", "alter table things rename column email to mail"],
    never: ["drop"],
    warns: [],
    keeps: { sql: "select email from things", rows: [{ email: "a@b" }] },
  },
  {
    change: "a column is not renamed but dropped, and another one added",
    before: () => one({ mail: p.string().nullable() }),
    after: () => one({ email: p.string().nullable() }),
    rows: values("mail", "'a@b'"),
    noRenames: true,
    never: ["rename"],
    warns: ["drops things.mail"],
    keeps: { sql: "select email from things", rows: [{ email: null }] },
  },
  {
    change: "a column with an index, a key, a check and a reference is renamed",
    before: () =>
      owned(
        { ...mail("mail"), owner: () => belongs().nullable().index() },
        {
          indexes: [{ properties: ["mail", "state"] }],
          checks: [{ name: "ck_things_mail", expression: "mail <> ''" }],
        },
      ),
    after: () =>
      owned(
        { ...mail("email"), holder: () => belongs().nullable().index() },
        {
          indexes: [{ properties: ["email", "state"] }],
          checks: [{ name: "ck_things_email", expression: "email <> ''" }],
        },
      ),
    rows: values("mail", "'a@b'"),
    renames: ["things.mail=email", "things.owner_id=things.holder_id"],
    says: [
      "rename constraint uq_things_mail to uq_things_email",
      "rename constraint ck_things_mail to ck_things_email",
      "rename constraint fk_things_owner_id to fk_things_holder_id",
      "alter index idx_things_mail_state rename to idx_things_email_state",
    ],
    never: ["drop", "create", "add "],
    warns: [],
  },
  {
    change: "a primary key's column is renamed",
    before: () => counted("id", p.integer().primary()),
    after: () => counted("key", p.integer().primary()),
    rows: ["insert into logs (line) values ('x')", "insert into tags (log_id) values (1)"],
    renames: ["logs.id=key"],
    says: ["alter table logs rename column id to key"],
    never: ["drop", "create", "add "],
    warns: [],
    keeps: { sql: "select key, line from logs", rows: [{ key: 1, line: "x" }] },
  },
  {
    change: "a primary key's column is not renamed but dropped, and another one added",
    before: () => models(entity("Log", "logs", { id: p.integer().primary(), line: p.text() })),
    after: () => models(entity("Log", "logs", { key: p.integer().primary(), line: p.text() })),
    rows: ["insert into logs (line) values ('x')"],
    noRenames: true,
    never: ["rename"],
    warns: ["drops logs.id", "the same key"],
    keeps: { sql: "select key, line from logs", rows: [{ key: 1, line: "x" }] },
  },
  {
    change: "an enum column is renamed",
    before: () => one({ state: p.enum(["on", "off"]).default("on") }),
    after: () => one({ status: p.enum(["on", "off"]).default("on") }),
    rows: anyRow,
    renames: ["state=status"],
    says: ["rename constraint ck_things_state to ck_things_status"],
    never: ["drop", "add "],
    warns: [],
  },
  {
    change: "a column is renamed and gets another type",
    before: () => one({ code: p.integer().nullable() }),
    after: () => one({ label: p.text().nullable() }),
    rows: values("code", "42"),
    renames: ["things.code=things.label"],
    never: ["drop column"],
    keeps: { sql: "select label from things", rows: [{ label: "42" }] },
  },
  {
    change: "a table is renamed",
    before: () => owned({ ...mail("mail"), owner: () => belongs().nullable().index() }),
    after: () =>
      models(
        owner(),
        entity("Item", "items", { id: id(), ...mail("mail"), owner: () => belongs().nullable().index() }),
      ),
    rows: values("mail", "'a@b'"),
    renames: ["things=items"],
    says: [
      "alter table things rename to items",
      "rename constraint pk_things to pk_items",
      "rename constraint uq_things_mail to uq_items_mail",
      "alter index idx_things_owner_id rename to idx_items_owner_id",
    ],
    never: ["drop", "create", "add "],
    warns: [],
    keeps: { sql: "select mail from items", rows: [{ mail: "a@b" }] },
  },
  {
    change: "a table that counts its key up is renamed, and others refer to it",
    before: () => {
      const log = entity("Log", "logs", { id: p.bigint("string").primary().generated("identity"), line: p.text() });
      return models(log, entity("Tag", "tags", { id: id(), log: () => p.manyToOne(log as never) }));
    },
    after: () => {
      const log = entity("Log", "records", { id: p.bigint("string").primary().generated("identity"), line: p.text() });
      return models(log, entity("Tag", "tags", { id: id(), log: () => p.manyToOne(log as never) }));
    },
    rows: ["insert into logs (line) values ('x')", "insert into tags (log_id) values (1)"],
    renames: ["logs=records"],
    says: ["alter sequence logs_id_seq rename to records_id_seq"],
    never: ["drop", "create", "add "],
  },
  {
    change: "a table and its column are renamed at once",
    before: () => one({ mail: p.string(), state: p.text().nullable() }),
    after: () => models(entity("Item", "items", { id: id(), email: p.string(), state: p.text().nullable() })),
    rows: values("mail", "'a@b'"),
    renames: ["things.mail=items.email", "things=items"],
    never: ["drop", "create"],
    keeps: { sql: "select email from items", rows: [{ email: "a@b" }] },
  },
  {
    change: "two columns change their names for each other's",
    before: () => one({ first: p.text().nullable(), second: p.text().nullable() }),
    after: () => one({ last: p.text().nullable(), other: p.text().nullable() }),
    rows: ["insert into things (first, second) values ('1', '2')"],
    renames: ["things.first=other", "things.second=last"],
    keeps: { sql: "select last, other from things", rows: [{ last: "2", other: "1" }] },
  },
];

/** A change that PostgreSQL cannot take back. */
export const oneWay: ModelChange = {
  change: "an enum of PostgreSQL's own gets a value",
  before: () => one({ state: p.enum(["on", "off"]).nativeEnumName(enumName()).default("on") }),
  after: () => one({ state: p.enum(["on", "off", "broken"]).nativeEnumName(enumName()).default("on") }),
  rows: anyRow,
};

/** Every change, by what it is about. */
export const changes: Readonly<Record<string, readonly ModelChange[]>> = {
  columns,
  nulls,
  defaults,
  enums,
  types,
  keys,
  checks,
  relations,
  tables,
  renames,
};

/** Several changes as those of one project; each has names of its own, which end in its `suffix`. */
export function together(changes: readonly ModelChange[]): (ModelChange & { readonly suffix: string })[] {
  return changes.map((one, index) => {
    const suffix = `q${String(index).padStart(2, "0")}`;
    const say = (texts: readonly string[] = []) => texts.map((text) => suffixed(text, suffix));
    return {
      ...one,
      suffix,
      before: () => within({ suffix }, one.before),
      after: () => within({ suffix }, one.after),
      rows: say(one.rows),
      renames: say(one.renames),
      says: say(one.says),
      never: say(one.never),
      ...(one.warns ? { warns: say(one.warns) } : {}),
      ...(one.keeps ? { keeps: { ...one.keeps, sql: suffixed(one.keeps.sql, suffix) } } : {}),
    };
  });
}

/** The models of several changes as one project's. */
export function join(all: readonly OrmOptions[]): OrmOptions {
  return { entities: all.flatMap(({ entities }) => entities as unknown[]), namingStrategy: Named };
}
