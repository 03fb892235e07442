import { readAddress } from "@thedata/migrator/postgres";

/** A database, or a tenant's schema in one, that a fleet migrates. */
export interface Target {
  /** Its name in the list; no other target of the list has it. */
  readonly id: string;
  /** `postgresql://user@host:port/database`, without a password. */
  readonly address: string;
  /** Null: the whole database. */
  readonly schema: string | null;
  /** What shares the limit of running migrations; default: `host:port`. */
  readonly server: string;
  /** The wave that it is asked to be in; null: any. */
  readonly wave: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** A row of a list, as its source gives it. */
export interface TargetRow {
  readonly id?: string | undefined;
  readonly dsn?: string | undefined;
  readonly schema?: string | null | undefined;
  readonly server?: string | null | undefined;
  readonly wave?: string | null | undefined;
  /** Everything else is a label. */
  readonly [label: string]: unknown;
}

/** Where a database is. Throws an error of the migrator's for an address that cannot be read. */
export function locate(address: string): { readonly server: string; readonly database: string; readonly user: string } {
  const { host = "localhost", port = 5432, user = "", database = user } = readAddress(address).config;
  return { server: `${host.toLowerCase()}:${port}`, database, user };
}

/** What a target is, whatever the list calls it: two with the same key are one. */
export function keyOf({ address, schema }: Pick<Target, "address" | "schema">, isShared = false): string {
  const { server, database } = locate(address);
  return `${server}/${database}${schema === null ? "" : `#${schema}`}${isShared ? " shared" : ""}`;
}
