import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { createDatabase } from "@thedata/dev-postgres";
import pg from "pg";
import { commandLine } from "../project.ts";
import { type Server, startServer } from "../server.ts";

/** The migrations of a campaign: each leaves a row, so that one which ran twice is seen. */
export const history: Readonly<Record<string, string>> = {
  "1_items.sql": `-- migrate:up
create table items (id int primary key, note text);
create table marks (name text not null);
select pg_sleep(0.3);
insert into marks values ('1_items');
-- migrate:down
drop table marks, items;
`,
  "2_index.sql": `-- migrate:up transaction:false
create index concurrently items_note on items (note);
-- migrate:down
drop index items_note;
`,
  "3_fill.sql": `-- migrate:up
insert into items select n, 'note ' || n from generate_series(1, 100) n;
select pg_sleep(0.3);
insert into marks values ('3_fill');
-- migrate:down
delete from items;
`,
};

export const names = Object.keys(history).map((file) => file.replace(".sql", ""));

/** Two servers with databases, a control database on a third, and a project. */
export interface World {
  readonly control: Server;
  readonly servers: readonly Server[];
  /** The addresses of the databases, by their name. */
  readonly databases: ReadonlyMap<string, () => string>;
  /** Starts `migrator fleet …` as a user does. */
  start(...words: string[]): ChildProcess;
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly folder: string;
  readonly perServer: number;
  readonly heartbeatSeconds: number;
  /** How many migrations may run on a server at once. */
  readonly limit: number;
  /** Default: `history`. */
  readonly migrations?: Readonly<Record<string, string>>;
  /** Default: two. */
  readonly servers?: readonly string[];
}

/** Makes the world, with the fleet's tables in the control database. */
export async function createWorld(options: WorldOptions): Promise<World> {
  const {
    folder,
    perServer,
    heartbeatSeconds,
    limit,
    migrations = history,
    servers: places = ["east", "west"],
  } = options;
  // PostgreSQL's account must reach its data: else it would be in another folder, which nobody removes.
  await chmod(folder, 0o755);
  const folders = ["control", ...places].map((name) => path.join(folder, name));
  for (const one of [...folders, path.join(folder, "migrations")]) await mkdir(one, { recursive: true });
  for (const [file, text] of Object.entries(migrations)) await writeFile(path.join(folder, "migrations", file), text);
  const [control, ...servers] = await Promise.all(folders.map(startServer));
  if (!control) throw new Error("no server");
  await createDatabase(control.dsn("postgres"), { name: "control" });
  const databases = new Map<string, () => string>();
  const rows: string[] = [];
  for (const [at, server] of servers.entries())
    for (let number = 1; number <= perServer; number++) {
      const name = `tenant_${at}_${number}`;
      await createDatabase(server.dsn("postgres"), { name });
      databases.set(name, () => server.dsn(name));
      const address = new URL(server.dsn(name));
      address.password = "";
      rows.push([name, address.href, places[at]].join(","));
    }
  await writeFile(path.join(folder, "tenants.csv"), ["id,dsn,server", ...rows].join("\n"));
  await writeFile(path.join(folder, "migrator.config.js"), configure(servers, heartbeatSeconds, limit));
  const start = (...words: string[]) => startFleet(folder, control, words);
  return {
    control,
    servers,
    databases,
    start,
    stop: async () => void (await Promise.all([control, ...servers].map(async (server) => await server.stop()))),
  };
}

/** Each server has a password of its own. */
function configure(servers: readonly Server[], heartbeatSeconds: number, limit: number): string {
  const passwords = servers
    .map((server) => new URL(server.dsn("postgres")))
    .map(({ port, password }) => [port, password]);
  return `const passwords = new Map(${JSON.stringify(passwords)});
export default {
  migrations: "migrations",
  fleet: {
    targets: "tenants.csv",
    password: ({ address }) => passwords.get(new URL(address).port),
    limits: { default: ${limit} },
    heartbeatSeconds: ${heartbeatSeconds},
  },
};
`;
}

function startFleet(folder: string, control: Server, words: readonly string[]): ChildProcess {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^(POSTGRES_|MIGRATOR_|NODE_|FLEET_)/.test(key)),
  );
  return spawn(process.execPath, [...commandLine(), "fleet", ...words], {
    cwd: folder,
    env: { ...env, NO_COLOR: "1", FLEET_DSN: control.dsn("control") },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Asks a database, until it answers. */
export async function ask<Row>(dsn: string, sql: string): Promise<Row[]> {
  for (let attempt = 1; ; attempt++) {
    const client = new pg.Client({ connectionString: dsn, connectionTimeoutMillis: 5000 });
    client.on("error", () => {});
    try {
      await client.connect();
      return (await client.query(sql)).rows as Row[];
    } catch (error) {
      if (attempt > 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    } finally {
      await client.end().catch(() => {});
    }
  }
}
