import { readAddress } from "@thedata/migrator/postgres";
import { keyOf, locate, type Target, type TargetRow } from "./target.ts";

/** What is wrong with a list of targets. */
export interface Fault {
  /** The target's name, or `row N` where it has none; null: the list as a whole. */
  readonly target: string | null;
  readonly message: string;
}

export interface CheckedList {
  readonly targets: readonly Target[];
  readonly faults: readonly Fault[];
}

/** Reads the rows of a list; every fault is named, and the rows without one are targets. */
export function checkRows(rows: readonly TargetRow[]): CheckedList {
  if (rows.length === 0) return { targets: [], faults: [{ target: null, message: "The list of targets is empty" }] };
  const read = rows.map((row, index) => readRow(row, index));
  const targets = read.flatMap(({ target }) => target ?? []);
  return { targets, faults: [...read.flatMap(({ faults }) => faults), ...findTwice(targets)] };
}

interface ReadRow {
  readonly target?: Target;
  readonly faults: readonly Fault[];
}

const known = ["id", "dsn", "schema", "server", "wave"] as const;

function readRow(row: TargetRow, index: number): ReadRow {
  const { dsn, schema, server, wave } = textsOf(row);
  const name = textsOf(row).id ?? `row ${index + 1}`;
  const faults = [...checkAddress(dsn), ...checkSchema(schema), ...checkSecrets(row)];
  if (faults.length > 0 || dsn === undefined) return { faults: faults.map((message) => ({ target: name, message })) };
  const place = locate(dsn);
  const id = textsOf(row).id ?? `${place.database}${schema === undefined ? "" : `/${schema}`}`;
  const labels = Object.entries(row).filter(([key]) => !known.some((one) => one === key));
  return {
    target: {
      id,
      address: dsn,
      schema: schema ?? null,
      server: server ?? place.server,
      wave: wave ?? null,
      labels: Object.fromEntries(labels.map(([key, value]) => [key, String(value)])),
    },
    faults: [],
  };
}

/** The row's own columns as texts; an empty one, as a CSV file has it, is none. */
function textsOf(row: TargetRow): Partial<Record<(typeof known)[number], string>> {
  const texts = known.map((key) => [key, toText(row[key])] as const);
  return Object.fromEntries(texts.filter(([, text]) => text !== ""));
}

/** A query may give a number, where a text is meant. */
function toText(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

function checkAddress(dsn: string | undefined): string[] {
  if (dsn === undefined) return [`has no address: give "dsn", as postgresql://user@host:5432/database`];
  if (!/^postgres(ql)?:\/\//.test(dsn))
    return [`has an address that is not one of PostgreSQL: postgresql://user@host/database`];
  try {
    const { config } = readAddress(dsn);
    if (config.password || /[?&](password|passfile|sslpassword)=/i.test(dsn))
      return [
        "has a password in its address, where it would be stored: give passwords by fleet.password, or PGPASSFILE",
      ];
    return config.host ? [] : ["has an address without a host: postgresql://user@host/database"];
  } catch (error) {
    return [(error as Error).message];
  }
}

function checkSchema(schema: string | undefined): string[] {
  if (schema === undefined) return [];
  const isOne = !/^pg_|^information_schema$|\p{Cc}/u.test(schema) && Buffer.byteLength(schema) <= 63;
  return isOne ? [] : [`has the schema "${schema}", which cannot be a tenant's`];
}

function checkSecrets(row: TargetRow): string[] {
  const secret = Object.keys(row).find((key) => /passw|pwd|secret|token/i.test(key));
  return secret === undefined
    ? []
    : [`has a column "${secret}": what the list says is stored; give passwords by fleet.password, or PGPASSFILE`];
}

function findTwice(targets: readonly Target[]): Fault[] {
  const [ids, keys] = [new Set<string>(), new Map<string, string>()];
  return targets.flatMap((target): Fault[] => {
    const { id } = target;
    const key = keyOf(target);
    const [isSecond, other] = [ids.has(id), keys.get(key)];
    ids.add(id);
    keys.set(key, other ?? id);
    if (isSecond) return [{ target: id, message: `is in the list more than once` }];
    return other === undefined ? [] : [{ target: id, message: `is the same as ${other}: ${key}` }];
  });
}
