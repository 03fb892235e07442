import { tokenize } from "@thedata/catalog/sql";

/**
 * A change of data that `migrator` runs in batches by key range, declared as `backfill` by a migration class whose `up`
 * adds the same change as one UPDATE, for MikroORM's own CLI. `docs/backfills.md` shows one.
 */
export interface Backfill {
  /** The table as SQL names it: `users`, `app.users`, `"Users"`. */
  readonly table: string;
  /** What UPDATE sets: `email_lower = lower(email)`. */
  readonly set: string;
  /** The rows to change: `email_lower is null`; default: all. */
  readonly where?: string | undefined;
  /** How many rows the first batch goes over; later ones follow the time that it took. Default: 1000. */
  readonly batch?: number | undefined;
  /** The column whose ranges are the batches: NOT NULL and first in an index. Default: the primary key's only column. */
  readonly key?: string | undefined;
}

/** The whole change as one statement. */
export function toUpdate({ table, set, where }: Backfill): string {
  // A comment at the end of `set` ends with its line.
  return `update ${table} set ${set}${where === undefined ? "" : `${set.includes("--") ? "\n" : " "}where ${where}`}`;
}

const texts = ["table", "set", "where", "key"] as const;
const known: ReadonlySet<string> = new Set([...texts, "batch"]);

/**
 * Reads what a class declares as `backfill`; null: nothing. `statements` are those of its `up`. Throws an `Error` that
 * says what is wrong, also where the declaration and `up` would change different rows.
 */
export function readBackfill(
  declared: unknown,
  statements: readonly string[],
  transactional: boolean,
): Backfill | null {
  if (declared === undefined || declared === null) return null;
  const backfill = validate(declared);
  if (!transactional) throw new Error("a backfill runs in transactions of its own: leave isTransactional() out");
  const [sql] = statements;
  const whole = toUpdate(backfill);
  const isSame = sql !== undefined && statements.length === 1 && inWords(sql) === inWords(whole);
  if (isSame) return backfill;
  throw new Error(
    `up() must add the backfill as one statement and nothing else, for MikroORM's own CLI: this.addSql(${JSON.stringify(whole)})`,
  );
}

function validate(declared: unknown): Backfill {
  if (typeof declared !== "object") throw new Error("backfill must be an object: { table, set, where, batch, key }");
  const given = declared as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`backfill has no option "${unknown}": it has ${[...known].join(", ")}`);
  for (const name of texts) {
    const isNeeded = name === "table" || name === "set";
    if (given[name] === undefined ? isNeeded : typeof given[name] !== "string" || given[name].trim() === "")
      throw new Error(`backfill.${name} must be text`);
  }
  for (const name of ["set", "where"] as const)
    if (!isBalanced(String(given[name] ?? "")))
      throw new Error(
        `backfill.${name} is not one whole expression: its brackets or quotes do not match, or it has a semicolon`,
      );
  const { batch } = given;
  if (batch !== undefined && !(Number.isInteger(batch) && Number(batch) >= 1))
    throw new Error("backfill.batch must be a whole number from 1");
  return declared as Backfill;
}

/** True for SQL that stays within brackets around it. */
function isBalanced(sql: string): boolean {
  const { tokens, closed } = tokenize(sql);
  let depth = 0;
  const isWithin = tokens.every(({ kind, start, end }) => {
    const sign = kind === "symbol" ? sql.slice(start, end) : "";
    depth += sign === "(" || sign === "[" ? 1 : sign === ")" || sign === "]" ? -1 : 0;
    return depth >= 0 && sign !== ";";
  });
  return closed && isWithin && depth === 0;
}

/** The words of a statement, so that blanks, comments, case and brackets around a condition make no difference. */
function inWords(sql: string): string {
  const words = tokenize(sql)
    .tokens.map(({ kind, start, end }) => {
      const text = sql.slice(start, end);
      return kind === "word" ? text.toLowerCase() : text;
    })
    .filter((word, index, all) => !(word === ";" && index === all.length - 1));
  const where = words.lastIndexOf("where");
  return isBracketed(words.slice(where + 1))
    ? words
        .toSpliced(where + 1, 1)
        .slice(0, -1)
        .join(" ")
    : words.join(" ");
}

/** True where the first bracket closes at the end. */
function isBracketed(words: readonly string[]): boolean {
  let depth = 0;
  return (
    words[0] === "(" &&
    words.every((word, index) => {
      depth += word === "(" ? 1 : word === ")" ? -1 : 0;
      return depth > 0 || index === words.length - 1;
    })
  );
}
