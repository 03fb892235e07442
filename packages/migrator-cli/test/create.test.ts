import { spawn, spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, inject, it } from "vitest";
import { folderOf, run, runJson } from "./support.ts";

const core = import.meta.resolve("@mikro-orm/core");
const main = path.resolve(import.meta.dirname, "../src/main.ts");

/** A configuration whose `users` have these columns. */
const config = (...columns: string[]) => `import { defineEntity, p } from ${JSON.stringify(core)};
const User = defineEntity({ name: "User", tableName: "users", properties: {
  id: p.integer().primary(), ${columns.map((column) => `${column}: p.string().unique()`).join(", ")} } });
export default { migrations: "migrations", dsn: ${JSON.stringify(inject("postgresDsn"))}, models: async () => ({ entities: [User] }) };
`;

/** A project that has a migration for `users.mail`, and models that call it `email`. */
const project = async () => {
  const cwd = await folderOf({ "migrator.config.ts": config("mail"), "migrations/.gitkeep": "" });
  expect(await run(["create", "users"], { cwd })).toMatchObject({ code: 0, stderr: "" });
  await writeFile(path.join(cwd, "migrator.config.ts"), config("email"));
  return {
    cwd,
    migrations: async () => (await readdir(path.join(cwd, "migrations"))).filter((name) => name.endsWith(".ts")),
  };
};

describe("migrator create, where a column may have been renamed", () => {
  it("refuses with 3 and the options to give where nobody can be asked", async () => {
    const { cwd, migrations } = await project();
    const { code, stdout, stderr } = await run(["create", "rename"], { cwd });
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain(
      "column users.mail was removed and users.email was added: --rename users.mail=users.email",
    );
    expect(stderr).toContain("--no-renames");
    expect(await migrations()).toHaveLength(1);
  });

  it("is told by check, which counts the models' difference as one problem", async () => {
    const { cwd } = await project();
    const { code, stdout, stderr } = await run(["check"], { cwd });
    expect(code).toBe(3);
    expect(stdout).toContain(`("migrator create" asks first whether users.mail is renamed, to users.email)`);
    expect(stderr).toContain("The check found 1 problem.");
  });

  it("writes what keeps nobody waiting, as several migrations with a reason each, and with --direct one", async () => {
    const { cwd, migrations } = await project();
    await writeFile(path.join(cwd, "migrator.config.ts"), config("mail", "code"));
    const direct = await run(["create", "code", "--direct", "--dry-run"], { cwd });
    expect(direct.stdout).toContain(`add constraint "users_code_unique" unique ("code")`);
    const { code, stdout } = await run(["create", "code"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /Created 2 migrations, so that nobody waits for more than a moment: 3 statements\..*\n {2}migrations\/Migration\d+_code_1\.ts\n {2}migrations\/Migration\d+_code_2\.ts\n {4}CONCURRENTLY keeps nobody waiting/,
    );
    const [, , second = ""] = await migrations();
    const text = await readFile(path.join(cwd, "migrations", second), "utf8");
    expect(text).toMatch(/isTransactional\(\): boolean {\n {4}return false;/);
    expect(text).toContain(`create unique index concurrently "users_code_unique" on "users" ("code")`);
    expect(await run(["check"], { cwd })).toMatchObject({ code: 0 });
    expect(await run(["verify", "code_2"], { cwd })).toMatchObject({ code: 0 });
  });

  it("says the same to programs", async () => {
    const { cwd } = await project();
    const { code, document } = await runJson(["create", "rename"], { cwd });
    expect(code).toBe(3);
    expect(document).toMatchObject({
      error: { code: "refused", message: expect.stringContaining("--rename users.mail=") },
    });
  });

  it("renames with --rename, and every name that follows from it", async () => {
    const { cwd, migrations } = await project();
    const { code, document } = await runJson(["create", "rename", "--rename", "users.mail=email"], { cwd });
    expect(code).toBe(0);
    expect(document).toMatchObject({
      outcome: "created",
      renames: [{ from: "users.mail", to: "users.email" }],
      warnings: [],
      irreversible: null,
      statements: [
        "alter table users rename column mail to email",
        "alter table users rename constraint users_mail_unique to users_email_unique",
      ],
    });
    expect(await migrations()).toHaveLength(2);
    expect(await run(["check"], { cwd })).toMatchObject({ code: 0 });
  });

  it("drops and adds with --no-renames, and warns of it on the terminal and in the file", async () => {
    const { cwd, migrations } = await project();
    const { code, stdout } = await run(["create", "other", "--no-renames"], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain("! drops users.mail and its data");
    expect(stdout).toContain("! users.email is new, NOT NULL and without a default");
    const [, file = ""] = await migrations();
    expect(await readFile(path.join(cwd, "migrations", file), "utf8")).toContain("// drops users.mail and its data");
  });

  it("refuses a rename that fits nothing with 2", async () => {
    const { cwd } = await project();
    const { code, stderr } = await run(["create", "rename", "--rename", "users.mial=email"], { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain("Removed: users.mail; added: users.email");
  });
});

const hasScript = spawnSync("script", ["--version"]).status === 0;

/** Runs the command on a pseudo-terminal and types each answer when its question appears. */
const onTerminal = async (cwd: string, args: readonly string[], answers: readonly (readonly [RegExp, string])[]) => {
  const command = [process.execPath, "--conditions=@thedata/source", main, ...args]
    .map((word) => `'${word}'`)
    .join(" ");
  const child = spawn("script", ["-qec", command, "/dev/null"], { cwd, env: { ...process.env, POSTGRES_DSN: "" } });
  let text = "";
  const left = [...answers];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    const [next] = left;
    if (!next?.[0].test(text)) return;
    left.shift();
    child.stdin.write(next[1]);
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, text: stripVTControlCharacters(text) };
};

describe.skipIf(!hasScript)("migrator create on a terminal", () => {
  const question = /The models no longer have the column users\.mail\. Was it renamed or dropped\?[\s\S]*dropped/;

  it("asks, and renames when told so", async () => {
    const { cwd, migrations } = await project();
    const { code, text } = await onTerminal(cwd, ["create", "rename"], [[question, "\r"]]);
    expect(text).toContain("renamed to users.email, data kept");
    expect(code).toBe(0);
    const [, file = ""] = await migrations();
    expect(await readFile(path.join(cwd, "migrations", file), "utf8")).toContain("rename column mail to email");
  });

  it("asks, and drops when told so", async () => {
    const { cwd, migrations } = await project();
    const { code } = await onTerminal(cwd, ["create", "other"], [[question, "\u001b[B\r"]]);
    expect(code).toBe(0);
    const [, file = ""] = await migrations();
    expect(await readFile(path.join(cwd, "migrations", file), "utf8")).not.toContain("rename column");
  });

  it("writes nothing when the person leaves", async () => {
    const { cwd, migrations } = await project();
    const { code, text } = await onTerminal(cwd, ["create", "left"], [[question, "\u0003"]]);
    expect(code).toBe(130);
    expect(text).toContain("Interrupted: nothing was written");
    expect(await migrations()).toHaveLength(1);
  });
});
