import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createConnection, createServer } from "node:net";
import pg from "pg";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { ConfigurationError } from "../src/errors.ts";
import { withShadow } from "../src/shadow/shadow.ts";
import { emptyDatabase, openClient, serverWith, until } from "./support.ts";

const shadow = () => ({ servers: [inject("postgresDsn")] });

describe("a shadow database", () => {
  const prefix = "migrator_shadow_";
  const shadows = async () => {
    const client = new pg.Client(inject("postgresDsn"));
    await client.connect();
    const { rows } = await client.query<{ datname: string }>(
      "select datname from pg_database where starts_with(datname, $1)",
      [prefix],
    );
    await client.end();
    return rows.map(({ datname }) => datname);
  };
  const sessionsOf = async (database: string) => {
    const client = await openClient(inject("postgresDsn"));
    return (await client.query("select from pg_stat_activity where datname = $1", [database])).rows.length;
  };
  const nameIn = (dsn: string) => new URL(dsn).pathname.slice(1);

  it("is empty, and gone afterwards, though somebody is still connected", async () => {
    const name = await withShadow(shadow(), async (dsn) => {
      const client = await openClient(dsn);
      expect((await client.query("select from pg_class where relnamespace = 'public'::regnamespace")).rows).toEqual([]);
      expect(await shadows()).toContain(nameIn(dsn));
      return nameIn(dsn);
    });
    expect(await shadows()).not.toContain(name);
  });

  it("is gone when the work throws, and the error is the work's", async () => {
    let name = "";
    const working = withShadow(shadow(), async (dsn) => {
      name = nameIn(dsn);
      throw new Error("on purpose");
    });
    await expect(working).rejects.toThrow("on purpose");
    expect(name).not.toBe("");
    expect(await shadows()).not.toContain(name);
  });

  it("is refused, and so is the work, where the address leads to another database whatever name it bears", async () => {
    const { dsn, sql } = await emptyDatabase();
    const proxy = await startProxy(dsn);
    let worked = false;
    const working = withShadow({ servers: [proxy] }, async () => void (worked = true));
    await expect(working).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringMatching(/leads to the database "[^"]+" and not to the shadow database "migrator_shadow_/),
    });
    expect(worked).toBe(false);
    expect(
      await sql(
        "select shobj_description(oid, 'pg_database') as mark from pg_database where datname = current_database()",
      ),
    ).toEqual([{ mark: null }]);
  });

  it("that a killed run left is dropped by the next one", async () => {
    const module = new URL("../src/shadow/shadow.ts", import.meta.url).href;
    const code = `import { withShadow } from "${module}";
      await withShadow({ servers: ["${inject("postgresDsn")}"] }, async (dsn) => { console.log(new URL(dsn).pathname.slice(1)); await new Promise(() => setInterval(() => {}, 1000)); });`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [name] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
    await withShadow(shadow(), async () => {});
    expect(await shadows()).toContain(name.trim());
    child.kill("SIGKILL");
    await until(async () => (await sessionsOf(name.trim())) === 0);
    await withShadow(shadow(), async () => {});
    expect(await shadows()).not.toContain(name.trim());
  });

  it("is taken for one by its name and its mark together; others are never touched", async () => {
    const server = await openClient(inject("postgresDsn"));
    const stem = crypto.randomUUID().slice(0, 8);
    const mark = "migrator shadow database, may be dropped";
    const made = [
      { name: `${prefix}1_${stem}`, mark },
      { name: `${prefix}2_${stem}`, mark: "somebody's own" },
      { name: `stranger_3_${stem}`, mark },
    ];
    for (const { name, mark: comment } of made) {
      await server.query(`create database "${name}"`);
      await server.query(`comment on database "${name}" is '${comment.replaceAll("'", "''")}'`);
      onTestFinished(async () => {
        const cleaner = await openClient(inject("postgresDsn"));
        await cleaner.query(`drop database if exists "${name}" with (force)`);
      });
    }
    await withShadow(shadow(), async () => {});
    const { rows } = await server.query<{ datname: string }>("select datname from pg_database where datname like $1", [
      `%${stem}`,
    ]);
    expect(rows.map(({ datname }) => datname).sort()).toEqual([made[1]?.name, made[2]?.name].sort());
  });

  it("that was cut off before it got its mark is dropped a minute later", async () => {
    const server = await openClient(inject("postgresDsn"));
    const name = (ago: number) => `${prefix}${Date.now() - ago}_${randomBytes(4).toString("hex")}`;
    const limit = "connection limit 271828182";
    const made = [
      { name: name(120_000), with: limit, dropped: true },
      { name: name(1000), with: limit, dropped: false },
      { name: name(120_000), with: "", dropped: false },
      { name: `${prefix}mine_${randomBytes(4).toString("hex")}`, with: limit, dropped: false },
    ];
    for (const one of made) {
      await server.query(`create database "${one.name}" ${one.with}`);
      onTestFinished(async () => {
        const cleaner = await openClient(inject("postgresDsn"));
        await cleaner.query(`drop database if exists "${one.name}" with (force)`);
      });
    }
    await withShadow(shadow(), async (dsn) => {
      const own = await server.query("select datconnlimit from pg_database where datname = $1", [nameIn(dsn)]);
      expect(own.rows).toEqual([{ datconnlimit: 271828182 }]);
    });
    const left = await shadows();
    expect(made.filter((one) => !left.includes(one.name))).toEqual(made.filter(({ dropped }) => dropped));
  });

  it("is made on the provider's server where no address will do, and the server is stopped", async () => {
    const events: string[] = [];
    const provider = async () => ({ dsn: inject("postgresDsn"), stop: async () => void events.push("stopped") });
    await withShadow({ servers: [undefined, serverWith("no_such_database")], provider }, async (dsn) => {
      events.push(nameIn(dsn).startsWith(prefix) ? "worked" : "elsewhere");
    });
    expect(events).toEqual(["worked", "stopped"]);
  });

  it("is refused with every reason where no server will do", async () => {
    const server = await openClient(inject("postgresDsn"));
    const role = `plain_${crypto.randomUUID().slice(0, 8)}`;
    await server.query(`create role ${role} login password 'secret-of-plain'`);
    onTestFinished(async () => void (await (await openClient(inject("postgresDsn"))).query(`drop role ${role}`)));
    const plain = new URL(inject("postgresDsn"));
    Object.assign(plain, { username: role, password: "secret-of-plain" });
    const error = await withShadow({ servers: [serverWith("nowhere"), plain.href] }, async () => {}).catch(
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toMatch(/"nowhere" does not exist.*may not create databases/);
    expect((error as Error).message).not.toContain("secret-of-plain");
  });
});

/** A pooler that sends every session to one database, as PgBouncer does with `* = dbname=…`; gives its address. */
async function startProxy(dsn: string): Promise<string> {
  const { hostname, port, pathname } = new URL(dsn);
  const proxy = createServer((client) => {
    client.on("error", () => {});
    client.once("data", (hello) => {
      const words = hello.subarray(8).toString().split("\0");
      words[words.indexOf("database") + 1] = pathname.slice(1);
      const body = Buffer.concat([hello.subarray(4, 8), Buffer.from(words.join("\0"))]);
      const server = createConnection(Number(port), hostname);
      server.on("error", () => {});
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length + 4);
      server.write(Buffer.concat([length, body]));
      client.pipe(server).pipe(client);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  return Object.assign(new URL(dsn), { host: `127.0.0.1:${(proxy.address() as AddressInfo).port}` }).href;
}
