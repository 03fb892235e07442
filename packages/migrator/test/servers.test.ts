import { execFileSync, spawnSync } from "node:child_process";
import { chown, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { defineEntity, p } from "@mikro-orm/core";
import { startPostgres } from "@thedata/dev-postgres";
import pg from "pg";
import { expect, it, onTestFinished } from "vitest";
import { connect } from "../src/postgres/connection.ts";
import { up } from "../src/commands/up-and-down.ts";
import { openModels } from "../src/models/open-models.ts";
import { readStatus } from "../src/commands/status.ts";
import { defaultLedger } from "../src/ledger/tables.ts";
import { contextOf, folderOf } from "./support.ts";

const entity = defineEntity({ name: "A", tableName: "a", properties: { id: p.integer().primary() } });

const ownServer = async (dataDir?: string) => {
  const folder = dataDir ?? (await mkdtemp(path.join(tmpdir(), "migrator-server-")));
  const postgres = await startPostgres({ source: "embedded", dataDir: folder });
  onTestFinished(async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { ...postgres, folder, data: path.join(folder, "data") };
};

it("verifies the server's certificate by a private authority, and refuses a host that it does not name", async () => {
  const { dsn, data } = await ownServer();
  const { uid, gid } = await stat(data);
  const run = (...parameters: string[]) => execFileSync("openssl", parameters, { cwd: data, stdio: "pipe" });
  run(
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=Private CA",
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
  );
  run("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr");
  await writeFile(path.join(data, "san"), "subjectAltName=DNS:localhost");
  run(
    "x509",
    "-req",
    "-in",
    "server.csr",
    "-CA",
    "ca.crt",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-days",
    "2",
    "-extfile",
    "san",
    "-out",
    "server.crt",
  );
  for (const file of ["server.key", "server.crt"]) await chown(path.join(data, file), uid, gid);
  const client = new pg.Client(dsn);
  await client.connect();
  await client.query("alter system set ssl = on");
  const access = path.join(data, "pg_hba.conf");
  await writeFile(access, (await readFile(access, "utf8")).replaceAll(/^host\b/gm, "hostssl"));
  await client.query("select pg_reload_conf()");
  await client.end();

  const secured = (host: string) =>
    `${dsn.replace("127.0.0.1", host)}?sslmode=verify-full&sslrootcert=${path.join(data, "ca.crt")}`;
  const connection = await connect(secured("localhost"), "test");
  expect(await connection.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()")).toEqual([{ ssl: true }]);
  await connection.close();
  await expect(connect(secured("127.0.0.1"), "test")).rejects.toThrow(/127\.0\.0\.1.*cert/s);
  await expect(connect(`${dsn.replace("127.0.0.1", "localhost")}?sslmode=verify-full`, "test")).rejects.toThrow(
    /certificate/,
  );

  const models = async (mode: string) =>
    await openModels({ entities: [entity] }, `${dsn}?sslmode=${mode}`, defaultLedger);
  for (const mode of ["require", "prefer", "allow"]) await (await models(mode)).close();
  await expect(models("verify-full")).rejects.toThrow(/certificate/);
});

it("refuses a standby, which shows its status all the same", async () => {
  const primary = await ownServer();
  const directory = await folderOf({ M1: { up: ["create table a ()"] }, M2: { up: ["create table b ()"] } });
  await up(contextOf(primary.dsn, directory, {}), { steps: 1 });
  await primary.stop();
  const copy = await mkdtemp(path.join(tmpdir(), "migrator-standby-"));
  execFileSync("cp", ["-a", `${primary.folder}/.`, copy]);
  await writeFile(path.join(copy, "data", "standby.signal"), "");
  const standby = await ownServer(copy);
  await expect(up(contextOf(standby.dsn, directory))).rejects.toThrow("is a standby");
  expect(await readStatus(contextOf(standby.dsn, directory))).toMatchObject({ state: "behind", head: "M1" });
});

const mount = (...parameters: string[]) => spawnSync("mount", parameters, { stdio: "ignore" }).status === 0;

it.skipIf(process.getuid?.() !== 0)(
  "a full disk fails the migration with PostgreSQL's words, and takes nothing with it",
  async (test) => {
    const { dsn, data } = await ownServer();
    const { uid, gid } = await stat(data);
    const small = await mkdtemp(path.join(tmpdir(), "migrator-disk-"));
    // A container without the privilege to mount has no small disk to fill.
    if (!mount("-t", "tmpfs", "-o", `size=4m,uid=${uid},gid=${gid},mode=700`, "none", small)) return test.skip();
    onTestFinished(() => void spawnSync("umount", ["-l", small]));
    const admin = new pg.Client(dsn);
    await admin.connect();
    await admin.query(`create tablespace small location '${small}'`);
    const fill = "create table b tablespace small as select repeat(md5(i::text), 30) from generate_series(1, 20000) i";
    const directory = await folderOf({
      M1: { up: ["create table a ()"] },
      M2: { up: ["create table c ()", fill] },
      M3: { up: ["select 1"] },
    });
    const report = await up(contextOf(dsn, directory));
    expect(report).toMatchObject({ outcome: "failed", error: { sqlState: "53100", migration: "M2", number: 2 } });
    expect(report.steps.map(({ result }) => result)).toEqual(["applied", "failed", "notRun"]);
    expect((await admin.query("select to_regclass('a') as a, to_regclass('c') as c")).rows).toEqual([
      { a: "a", c: null },
    ]);
    await admin.end();
  },
);
