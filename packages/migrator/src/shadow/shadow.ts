import { randomBytes } from "node:crypto";
import { escapeIdentifier } from "pg";
import { type Connection, connect } from "../postgres/connection.ts";
import { ConfigurationError } from "../errors.ts";

/** Starts a server for shadow databases, for when no address is known or its role may not create databases. */
export type ShadowProvider = () => Promise<{ readonly dsn: string; stop(): Promise<void> }>;

/** The address of a server, or what gives it when a shadow is to be made. */
export type ShadowServer = string | (() => Promise<string>);

export interface ShadowOptions {
  /** Servers whose role may create databases, tried in this order; then the provider. */
  readonly servers: readonly (ShadowServer | undefined)[];
  readonly provider?: ShadowProvider | undefined;
}

const prefix = "migrator_shadow_";
const marker = "migrator shadow database, may be dropped";
/** The `application_name` of sessions on a shadow database. */
export const shadowApplication = "migrator shadow";
// The connection limit marks a shadow from its creation on, in case the run ends before it can write `marker`.
const limit = 271_828_182;

/**
 * Runs `work` with the address of a new, empty database, which is dropped afterwards. Touches no existing database
 * except shadows that a killed run left. Throws a `ConfigurationError` where none can be created.
 */
export async function withShadow<Result>(
  options: ShadowOptions,
  work: (dsn: string) => Promise<Result>,
): Promise<Result> {
  const { server, stop } = await openServer(options);
  try {
    await dropLeftovers(server.connection);
    const name = `${prefix}${await readClock(server.connection)}_${randomBytes(4).toString("hex")}`;
    await server.connection.query(
      `create database ${escapeIdentifier(name)} template template0 connection limit ${limit}`,
    );
    try {
      return await whileMarked(server, name, work);
    } finally {
      await server.connection.query(`drop database if exists ${escapeIdentifier(name)} with (force)`);
    }
  } finally {
    await server.connection.close();
    await stop();
  }
}

/** Keeps a session on the shadow during `work`: a marked shadow without a session counts as left by a killed run. */
async function whileMarked<Result>(
  { dsn, connection }: Server,
  name: string,
  work: (dsn: string) => Promise<Result>,
): Promise<Result> {
  const shadow = withDatabase(dsn, name);
  const keeper = await connect(shadow, shadowApplication);
  try {
    await refuseOther(keeper, name);
    await connection.query(`comment on database ${escapeIdentifier(name)} is '${marker}'`);
    return await work(shadow);
  } finally {
    await keeper.close();
  }
}

/**
 * Throws where the address leads to another database: parameters that name a database or a socket override its path.
 */
async function refuseOther({ query, address }: Connection, name: string): Promise<void> {
  const [there] = await query<{ name: string }>("select current_database() as name");
  if (there?.name === name) return;
  throw new ConfigurationError(
    `The address leads to the database "${there?.name}" and not to the shadow database "${name}" that was made for this run (${address}): give the database only in the path of --shadow-dsn`,
  );
}

interface Server {
  readonly dsn: string;
  readonly connection: Connection;
}

async function openServer({
  servers,
  provider,
}: ShadowOptions): Promise<{ server: Server; stop: () => Promise<void> }> {
  const refusals: string[] = [];
  for (const one of servers.filter((server) => server !== undefined)) {
    const server = await tryServer(one).catch((error: Error) => error.message);
    if (typeof server !== "string") return { server, stop: async () => {} };
    refusals.push(server);
  }
  if (!provider)
    throw new ConfigurationError(
      `No server for a shadow database: ${[...refusals, "give one whose role may create databases by --shadow-dsn"].join("; ")}`,
    );
  const provided = await provider();
  return {
    server: { dsn: provided.dsn, connection: await connect(provided.dsn, shadowApplication) },
    stop: provided.stop,
  };
}

/**
 * The database's own server for shadows, where something gives its password: it is asked for each shadow, whose sessions
 * are opened within moments.
 */
export function ownServer(
  dsn: string | undefined,
  password: (() => string | Promise<string>) | undefined,
): ShadowServer | undefined {
  if (dsn === undefined || password === undefined || !URL.canParse(dsn)) return dsn;
  return async () => {
    const url = new URL(dsn);
    url.password = encodeURIComponent(await password());
    return url.href;
  };
}

async function tryServer(server: ShadowServer): Promise<Server> {
  const dsn = typeof server === "string" ? server : await server();
  const connection = await connect(dsn, shadowApplication);
  const [role] = await connection.query<{ may: boolean }>(
    `select (rolcreatedb or rolsuper) and not pg_is_in_recovery() as may from pg_roles where rolname = current_user`,
  );
  if (role?.may) return { dsn, connection };
  await connection.close();
  throw new ConfigurationError(`${connection.address} may not create databases`);
}

/** The server's time, which all its runs share, in milliseconds since 1970. */
async function readClock({ query }: Connection): Promise<string> {
  const [clock] = await query<{ now: string }>(
    "select floor(extract(epoch from clock_timestamp()) * 1000)::text as now",
  );
  return clock?.now ?? "0";
}

/**
 * Drops shadows of killed runs: those with a shadow's name and mark, and without a session. One that has only the
 * connection limit may be about to get its session: it is kept for a minute.
 */
async function dropLeftovers(connection: Connection): Promise<void> {
  const leftovers = await connection.query<{ name: string }>(
    `select d.datname as name from pg_database d
      where d.datname ~ ('^' || $1 || '[0-9]+_[0-9a-f]+$')
        and (shobj_description(d.oid, 'pg_database') = $2
          or shobj_description(d.oid, 'pg_database') is null and d.datconnlimit = $3
            and split_part(d.datname, '_', 3)::numeric < extract(epoch from clock_timestamp() - interval '1 minute') * 1000)
        and not exists (select from pg_stat_activity a where a.datid = d.oid)`,
    [prefix, marker, limit],
  );
  for (const { name } of leftovers)
    await connection.query(`drop database if exists ${escapeIdentifier(name)}`).catch(() => {});
}

function withDatabase(dsn: string, name: string): string {
  const url = new URL(dsn);
  url.pathname = `/${name}`;
  return url.href;
}
