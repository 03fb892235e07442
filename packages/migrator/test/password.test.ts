import { expect, it } from "vitest";
import { up } from "../src/commands/up-and-down.ts";
import { type ContextOptions, createContext } from "../src/execute/context.ts";
import { createMigrator } from "../src/migrator.ts";
import { contextOf, emptyDatabase, folderOf } from "./support.ts";

const contextWith = async (dsn: string, password: ContextOptions["password"]) =>
  createContext({ dsn, migrations: await folder(), password });

const folder = async () => await folderOf({ M1: { up: ["create table a (id int)"] } });

/** The address of an empty database without its password, and the password. */
async function addressWithoutPassword() {
  const dsn = new URL((await emptyDatabase()).dsn);
  const password = decodeURIComponent(dsn.password);
  dsn.password = "";
  return { dsn: dsn.href, password };
}

it("asks for the password at each connect", async () => {
  const { dsn, password } = await addressWithoutPassword();
  let asked = 0;
  const give = async () => {
    asked++;
    return password;
  };
  expect(await up(await contextWith(dsn, give))).toMatchObject({ outcome: "applied" });
  expect(asked).toBeGreaterThanOrEqual(1);
  const before = asked;
  await up(await contextWith(dsn, give));
  expect(asked).toBeGreaterThan(before);
});

it("asks for it for the shadow on the same server, too", async () => {
  const { dsn, password } = await addressWithoutPassword();
  const migrations = await folderOf({ M1: { up: ["create table a (id int)"], down: ["drop table a"] } });
  const migrator = createMigrator({
    connection: dsn,
    migrations,
    password: async () => await Promise.resolve(password),
  });
  expect(await migrator.verify()).toMatchObject({ outcome: "ok" });
  expect(await migrator.baseline({ at: "M1", acceptDifferences: true })).toMatchObject({ outcome: "baselined" });
});

it("says that the password cannot be had, or is refused, without showing one", async () => {
  const { dsn } = await addressWithoutPassword();
  const fails = async () => await Promise.reject(new Error("the token service is away"));
  await expect(up(await contextWith(dsn, fails))).rejects.toThrow(
    /^The password of the database cannot be had: the token service is away$/,
  );
  const wrong = await up(await contextWith(dsn, () => "s3cret-token")).catch(String);
  expect(wrong).toMatch(/refuses the login/);
  expect(wrong).not.toContain("s3cret");
});

it("names the password where none is given, and leaves no session half open", async () => {
  const { dsn } = await addressWithoutPassword();
  await expect(up(contextOf(dsn, await folder()))).rejects.toThrow(/asks for a password of "\w+", and none is given/);
});
