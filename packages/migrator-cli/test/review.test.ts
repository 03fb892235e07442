import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { createContext, review, type Review } from "@thedata/migrator/internal";
import { toHtml } from "../src/review/html.ts";
import { marker, toMarkdown } from "../src/review/markdown.ts";
import { folderOf, migration, project, run, runJson, temporaryFolder } from "./support.ts";

const [first, changed] = ["Migration20240101000000_a", "Migration20240102000000_b"];
const tables =
  "create table orgs (id bigint primary key, name text); create table users (id bigint primary key, org_id bigint references orgs (id), email text not null, age int); create table notes (id bigint primary key, text text)";

const classOf = (body: string) => `import { Migration } from "@mikro-orm/migrations";
export class ${changed} extends Migration {
${body}
}
`;

/** Ten changes, and the verdict on each. */
const changes: Record<string, { source: string; level: Review["level"] }> = {
  "a column": {
    source: migration(changed, "alter table users add note text", "alter table users drop note"),
    level: "safe",
  },
  "a table with a foreign key": {
    source: migration(
      changed,
      "create table items (id bigint primary key, user_id bigint references users (id))",
      "drop table items",
    ),
    level: "caution",
  },
  "a table that goes": {
    source: migration(changed, "drop table notes", "create table notes (id bigint primary key, text text)"),
    level: "broken",
  },
  "an index outside a transaction": {
    source: classOf(`  override isTransactional() { return false; }
  override up() { this.addSql("create index concurrently users_email on users (email)"); }
  override down() { this.addSql("drop index concurrently users_email"); }`),
    level: "safe",
  },
  "an index in a transaction": {
    source: migration(changed, "create index users_email on users (email)", "drop index users_email"),
    level: "danger",
  },
  "another type": {
    source: migration(changed, "alter table users alter age type bigint", "alter table users alter age type int"),
    level: "danger",
  },
  "a backfill": {
    source: classOf(`  readonly backfill = { table: "users", set: "age = 1", where: "age is null" };
  override up() { this.addSql("update users set age = 1 where age is null"); }
  // @loses users.age
  override down() { /* @noop down */ }`),
    level: "safe",
  },
  "code that computes": {
    source:
      classOf(`  override async up() { for (const { n } of await this.execute("select 1 as n")) this.addSql("alter table users add c" + n + " int"); }
  override down() { this.addSql("alter table users drop c1"); }`),
    level: "caution",
  },
  "one that fails": { source: migration(changed, "alter table nobody add x int", "select 1"), level: "broken" },
  "names that a page must not take for its own": {
    source: migration(
      changed,
      `create table "<script>alert(1)</script>" (id int primary key, "</style>\\u0007" text default '&amp;\${x}\`'); ${"-- a long one\n".repeat(30_000)}`,
      `drop table "<script>alert(1)</script>"`,
    ),
    level: "safe",
  },
};

const reviews = new Map<string, Promise<Review>>();

/** The review of a change, which the first test that asks for it waits for. */
async function reviewOf(what: string): Promise<Review> {
  const known = reviews.get(what) ?? makeReview(changes[what]?.source ?? "");
  reviews.set(what, known);
  return await known;
}

async function makeReview(source: string): Promise<Review> {
  const folder = await folderOf({
    [`${first}.ts`]: migration(first, tables, "drop table notes, users, orgs"),
    [`${changed}.ts`]: source,
  });
  const context = createContext({ dsn: "", migrations: folder });
  return await review(context, { shadow: { servers: [inject("postgresDsn")] } });
}

describe.each(Object.keys(changes))("the review of %s", (what) => {
  it("has its verdict first", async () => {
    const found = await reviewOf(what);
    expect([found.level, found.verdict]).toEqual([changes[what]?.level, expect.stringMatching(/\.$/)]);
    const [line, title, , verdict] = toMarkdown(found).split("\n");
    expect([line, title?.startsWith("## ")]).toEqual([marker, true]);
    expect(verdict).not.toBe("");
  });

  it("is a page of at most 300 KB without scripts and addresses, and a comment of at most 60,000 characters", async () => {
    const found = await reviewOf(what);
    const [html, markdown] = [toHtml(found), toMarkdown(found)];
    expect(Buffer.byteLength(html)).toBeLessThanOrEqual(300 * 1024);
    expect(html).not.toMatch(/<script|<link|<img|url\(|@import|\son\w+=/i);
    expect(html.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:/);
    expect(markdown.length).toBeLessThanOrEqual(60_000);
    expect(markdown.replaceAll(/```[\s\S]*?```/g, "")).not.toMatch(/(?<!\\)<(?!\/?(details|summary|sub)>|!--)/);
  });
});

it("says what is seen of a statement, what is proved and how it comes back", async () => {
  const { migrations, picture } = await reviewOf("another type");
  const [one] = migrations;
  expect(one).toMatchObject({
    name: changed,
    transactional: true,
    changes: [{ does: "changes", text: "column users.age: type from integer to bigint" }],
    statements: [
      {
        sql: "alter table users alter age type bigint",
        line: 3,
        relations: [
          { relation: "public.users", lock: "ACCESS EXCLUSIVE", blocks: "reads and writes", work: "rewrite" },
        ],
      },
    ],
    verified: { up: "ok", down: "ok", again: "ok", faults: [] },
    wayBack: { statements: ["alter table users alter age type int"] },
  });
  expect(picture?.changed).toEqual(["users"]);
  expect(picture?.mermaid).toContain("orgs");
  expect(picture?.mermaid).not.toContain("notes");
});

const times = <const Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

it("does not call safe what takes rows away, although the linter is told to allow it", async () => {
  const allowed = classOf(`  override up() {
    // lint: allow drop-column because nobody reads it
    this.addSql("alter table users drop column age");
  }
  // @loses users.age
  override down() { this.addSql("alter table users add column age int"); }`);
  const found = await makeReview(allowed);
  expect(found.level).toBe("caution");
  expect(found.verdict).toMatch(/^It removes column users\.age/);
});

it("says of a statement that was not run that it was not measured", async () => {
  const found = await reviewOf("one that fails");
  expect(toHtml(found)).toContain("not measured");
  expect(toHtml(found)).not.toContain("nobody waits");
});

it("does not call safe what could not be run", async () => {
  const last = "Migration20240103000000_c";
  const { args } = await project({
    [`${first}.ts`]: migration(first, tables, "drop table notes, users, orgs"),
    [`${changed}.ts`]: changes["one that fails"]?.source ?? "",
    [`${last}.ts`]: migration(last, "alter table users add more int", "alter table users drop more"),
  });
  const { code, stdout } = await run(["review", last, ...args]);
  expect({ code, stdout }).toMatchObject({
    code: 3,
    stdout: expect.stringContaining("was not run, because one before it fails"),
  });
});

it("shows as much of a large change as fits, and the whole verdict", async () => {
  const found = await reviewOf("another type");
  const [one] = found.migrations;
  const [statement] = one?.statements ?? [];
  if (!one || !statement) throw new Error("there is a statement");
  const fault = { code: "up-fails" as const, migration: changed, message: "x".repeat(1000) };
  const large = {
    ...one,
    statements: times(100, statement),
    changes: times(1000, { does: "adds" as const, text: "column ".repeat(20) }),
    findings: times(300, {
      rule: "r",
      severity: "note" as const,
      message: "m".repeat(600),
      hint: "h".repeat(400),
      line: 1,
    }),
    verified: { ...one.verified, faults: times(50, fault) },
    wayBack: { never: "n".repeat(100_000) },
  };
  const many = { ...found, migrations: times(300, large) };
  expect(Buffer.byteLength(toHtml(many))).toBeLessThanOrEqual(300 * 1024);
  expect(toMarkdown(many).length).toBeLessThanOrEqual(60_000);
  expect(toHtml(many)).toMatch(/… and \d+ more migrations/);
  expect(toMarkdown(many)).toContain("Not safe as it is");
});

/** Makes a repository of the folder, with one commit of what is in it, and gives the command git for it. */
function commitAll(folder: string): (...words: string[]) => void {
  const git = (...words: string[]) =>
    void execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...words], { cwd: folder });
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "first");
  return git;
}

describe("migrator review", () => {
  it("prints, writes the page, and refuses with 3 what is not safe", async () => {
    const { args, folder } = await project({
      [`${first}.ts`]: migration(first, tables, "drop table notes, users, orgs"),
      [`${changed}.ts`]: changes["an index in a transaction"]?.source ?? "",
    });
    const page = path.join(folder, "review.html");
    const told = await run(["review", "--out", page, ...args]);
    expect(told).toMatchObject({ code: 3, stdout: expect.stringMatching(/^Danger\. Not safe as it is: /) });
    expect(await readFile(page, "utf8")).toContain("<!doctype html>");
    expect((await run(["review", "--markdown", changed, ...args])).stdout.split("\n")[0]).toBe(marker);
    const { document } = await runJson(["review", ...args]);
    expect(document).toMatchObject({ outcome: "refused", level: "danger", migrations: [{ name: changed }] });
    expect(await run(["review", "nope", ...args])).toMatchObject({ code: 2 });
  });

  it("reviews a new migration that git would take for a renamed one", async () => {
    const gone = "Migration20240101500000_gone";
    const { args, folder } = await project({
      [`${first}.ts`]: migration(first, tables, "drop table notes, users, orgs"),
      [`${gone}.ts`]: migration(gone, "alter table users add gone int", "alter table users drop gone"),
    });
    const git = commitAll(folder);
    git("rm", "-q", `${gone}.ts`);
    await writeFile(
      path.join(folder, `${changed}.ts`),
      migration(changed, "alter table users add gone int", "alter table users drop gone"),
    );
    git("add", ".");
    expect((await run(["review", "--base", "HEAD", ...args])).stdout).toContain(changed);
  });

  it("reviews what git does not have at a commit", async () => {
    const { args, folder } = await project({
      [`${first}.ts`]: migration(first, tables, "drop table notes, users, orgs"),
    });
    commitAll(folder);
    expect((await run(["review", "--base", "HEAD", "--markdown", ...args])).stdout).toBe(
      `${marker}\nNo migration was added since HEAD.\n`,
    );
    await writeFile(path.join(folder, `${changed}.ts`), changes["a column"]?.source ?? "");
    expect(await run(["review", "--base", "HEAD", ...args])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Safe to apply"),
    });
  });
});

const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = browsers.find((file) => existsSync(file));

it("is looked at in a browser where CI says so", () => {
  expect(executablePath !== undefined || process.env["REQUIRE_CHROMIUM"] !== "1").toBe(true);
});

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    const args = [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ];
    browser = await chromium.launch({ executablePath: executablePath ?? "", args });
  }, 60_000);
  afterAll(async () => await browser.close());

  it.each(Object.keys(changes).flatMap((what) => [[what, "light"] as const, [what, "dark"] as const]))(
    "the page of %s asks for nothing, says nothing to the console, and axe finds nothing (%s)",
    { timeout: 60_000 },
    async (what, colorScheme) => {
      const file = path.join(await temporaryFolder(), "review.html");
      await writeFile(file, toHtml(await reviewOf(what)));
      const own = pathToFileURL(file).href;
      const [requests, said]: [string[], string[]] = [[], []];
      const strict = await browser.newPage({ colorScheme });
      strict.on("request", (request) => requests.push(request.url()));
      strict.on("console", (message) => said.push(message.text()));
      strict.on("pageerror", (error) => said.push(error.message));
      strict.on("dialog", (dialog) => said.push(dialog.message()));
      await strict.goto(own);
      expect(requests).toEqual([own]);
      expect(said).toEqual([]);
      expect(await strict.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(
        0,
      );
      expect((await strict.pdf()).length).toBeGreaterThan(1000);
      await strict.close();
      // The page's own policy keeps out axe, too.
      const page = await browser.newPage({ colorScheme, bypassCSP: true });
      await page.goto(own);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<axe.AxeResults>("axe.run()");
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
      await page.close();
    },
  );
});
