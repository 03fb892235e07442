import type { OrmOptions } from "../src/execute/orm-options.ts";
import { defineEntity, p } from "@mikro-orm/core";
import { readdir } from "node:fs/promises";
import { describe, expect, inject, it } from "vitest";
import { create, type RenameQuestion } from "../src/commands/create.ts";
import { openModels } from "../src/models/open-models.ts";
import { contextOf, folderOf } from "./support.ts";
import { defaultLedger } from "../src/ledger/tables.ts";

const shadow = () => ({ servers: [inject("postgresDsn")] });
const entity = (name: string, tableName: string, properties: object): unknown =>
  defineEntity({ name, tableName, properties: { id: p.integer().primary(), ...properties } } as never);
const models = (...entities: unknown[]): OrmOptions => ({ entities });

const before = models(
  entity("User", "users", { mail: p.string(), nick: p.string(), born: p.date() }),
  entity("Shop", "shops", { nick: p.string(), city: p.text() }),
);
const folderWith = async (ormOptions: OrmOptions) => {
  const opened = await openModels(ormOptions, inject("postgresDsn"), defaultLedger);
  const up = await opened.creation();
  await opened.close();
  return await folderOf({ Migration20240101000000_before: { up, down: [] } });
};
const change = async (folder: string, after: OrmOptions, options: Partial<Parameters<typeof create>[1]> = {}) =>
  await create(contextOf("", folder, { ormOptions: after }), {
    name: "after",
    direct: true,
    shadow: shadow(),
    ...options,
  });

const users = (properties: object) => entity("User", "users", properties);
const shops = entity("Shop", "shops", { nick: p.string(), city: p.text() });
const asked = (answers: readonly (string | null)[]) => {
  const questions: RenameQuestion[] = [];
  const decide = async (question: RenameQuestion) => {
    questions.push(question);
    return answers[questions.length - 1] ?? null;
  };
  return { questions, decide };
};

describe("create, where something may have been renamed", () => {
  const renamed = models(users({ email: p.string(), nick: p.string(), born: p.date() }), shops);

  it("and nobody can be asked, refuses with the options to give, and writes nothing", async () => {
    const folder = await folderWith(before);
    const files = await readdir(folder);
    await expect(change(folder, renamed)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(
        /column users\.mail was removed and users\.email was added: --rename users\.mail=users\.email\n.*--no-renames/s,
      ),
    });
    expect(await readdir(folder)).toEqual(files);
  });

  it("asks for each, the likeliest first, and does as it is told", async () => {
    const folder = await folderWith(before);
    const after = models(users({ alias: p.string(), email: p.text(), born: p.date() }), shops);
    const { questions, decide } = asked(["users.email", null]);
    const { renames, statements } = await change(folder, after, { decide, dryRun: true });
    expect(questions).toEqual([
      { kind: "column", from: "users.mail", to: ["users.email", "users.alias"] },
      { kind: "column", from: "users.nick", to: ["users.alias"] },
    ]);
    expect(renames).toEqual([{ from: "users.mail", to: "users.email" }]);
    expect(statements.join("\n")).toMatch(/rename column mail to email.*drop column "nick".*"alias"/s);
  });

  it("asks of tables before columns, and of a renamed table's columns under its new name", async () => {
    const folder = await folderWith(before);
    const after = models(entity("User", "people", { email: p.string(), nick: p.string(), born: p.date() }), shops);
    const { questions, decide } = asked(["people", "people.email"]);
    const { renames } = await change(folder, after, { decide, dryRun: true });
    expect(questions).toEqual([
      { kind: "table", from: "users", to: ["people"] },
      { kind: "column", from: "people.mail", to: ["people.email"] },
    ]);
    expect(renames).toEqual([
      { from: "users", to: "people" },
      { from: "people.mail", to: "people.email" },
    ]);
  });

  it("does not ask where the types have nothing in common", async () => {
    const folder = await folderWith(before);
    const after = models(users({ mail: p.string(), nick: p.string(), alive: p.boolean() }), shops);
    const { questions, decide } = asked([]);
    const { warnings } = await change(folder, after, { decide, dryRun: true });
    expect(questions).toEqual([]);
    expect(warnings.map(({ message }) => message)).toEqual([
      "drops users.born and its data",
      expect.stringContaining("users.alive is new, NOT NULL"),
    ]);
  });

  it("does not ask of tables that have little in common", async () => {
    const folder = await folderWith(before);
    const after = models(shops, entity("Log", "logs", { line: p.text(), level: p.integer(), at: p.datetime() }));
    const { questions, decide } = asked([]);
    await change(folder, after, { decide, dryRun: true });
    expect(questions).toEqual([]);
  });

  it.each([
    [["users.mail=email"], [{ from: "users.mail", to: "users.email" }]],
    [["users.mail=users.email"], [{ from: "users.mail", to: "users.email" }]],
    [["public.users.mail=public.users.email"], [{ from: "users.mail", to: "users.email" }]],
    [["mail=email"], [{ from: "users.mail", to: "users.email" }]],
    [[`"users"."mail"="email"`], [{ from: "users.mail", to: "users.email" }]],
  ])("takes %s for what it means", async (renames, found) => {
    expect((await change(await folderWith(before), renamed, { renames, dryRun: true })).renames).toEqual(found);
  });

  it.each([
    ["users.mial=email", /"users\.mial=email" names no pair.*Removed: users\.mail; added: users\.email/s],
    ["users.mail=shops.email", /names no pair/],
    ["users.mail=born", /names no pair/],
    ["users=people", /names no pair/],
    ["users.mail", /is not a rename: use OLD=NEW/],
    ["=email", /is not a rename/],
    ["users.mail=", /is not a rename/],
    ["a=b=c", /is not a rename/],
    ["a.b.c.d=e", /is not a rename/],
    ["mail=users.email", /is not a rename/],
  ])("refuses %s with what there is", async (rename, message) => {
    const folder = await folderWith(before);
    const files = await readdir(folder);
    await expect(change(folder, renamed, { renames: [rename] })).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringMatching(message),
    });
    expect(await readdir(folder)).toEqual(files);
  });

  it("refuses a name that fits two columns, and names both", async () => {
    const after = models(
      users({ mail: p.string(), alias: p.string(), born: p.date() }),
      entity("Shop", "shops", { alias: p.string(), city: p.text() }),
    );
    const folder = await folderWith(before);
    await expect(change(folder, after, { renames: ["nick=alias"] })).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringMatching(/fits (shops|users)\.nick=.*alias and .*write the table's name before it/),
    });
    const renames = ["users.nick=alias", "shops.nick=alias"];
    expect((await change(folder, after, { renames, dryRun: true })).renames).toHaveLength(2);
  });

  it("refuses a rename where models and migrations are equal", async () => {
    const folder = await folderWith(before);
    await expect(change(folder, before, { renames: ["users.mail=email"] })).rejects.toThrow("names no pair");
  });
});
