import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres } from "@thedata/dev-postgres";
import { measure } from "./measure.ts";
import { median } from "./statistics.ts";
import { toTable } from "./table.ts";

/**
 * Measures `migrator lint` beside squawk on the same SQL, in turns in one run: 1,000 migrations, and one. Both end with
 * another code than 0 where they find something: what is linted here has nothing. Prints a table.
 */
const rounds = 7;
const many = 1000;

const statements = Array.from({ length: many }, (_, index) => {
  const table = `t${index % 200}`;
  if (index < 200) return `create table ${table} (id bigint primary key, a text, b bigint not null default 0);`;
  return `insert into ${table} (id, a) values (${index}, 'x');`;
});

const folder = await mkdtemp(path.join(tmpdir(), "bench-lint-"));
const version = (index: number) => String(20250101000000 + index);
const squawks: string[] = [];
for (const kind of ["ours", "squawk", "one"]) await mkdir(path.join(folder, kind));
for (const [index, sql] of statements.entries()) {
  const squawk = path.join(folder, "squawk", `${version(index)}_m.sql`);
  squawks.push(squawk);
  await writeFile(squawk, `${sql}\n`);
  await writeFile(
    path.join(folder, "ours", `${version(index)}_m.sql`),
    `-- migrate:up\n${sql}\n-- migrate:down\n-- @noop down\n`,
  );
}

const main = path.resolve(import.meta.dirname, "../../packages/migrator-cli/dist/main.cjs");
// The binary itself: the package's own start is a Node program around it.
const own = createRequire(createRequire(import.meta.url).resolve("squawk-cli/package.json"));
const platform = own.resolve(`@squawk-cli/${process.platform}-${process.arch}/package.json`);
const squawk = path.join(path.dirname(platform), "bin/squawk");
const options = [
  "--exclude",
  "require-timeout-settings,prefer-robust-stmts,prefer-text-field,ban-truncate-cascade,require-table-schema",
];
const server = await startPostgres({ source: "embedded" });
try {
  const lint = (...more: string[]) => [
    process.execPath,
    main,
    "lint",
    "--migrations",
    path.join(folder, "ours"),
    ...more,
  ];
  const contestants = {
    [`${many} migrations: migrator lint --no-shadow`]: lint("--no-shadow"),
    [`${many} migrations: squawk`]: [squawk, ...options, ...squawks],
    "the last of them: migrator lint --no-shadow": lint("--no-shadow", version(many - 1)),
    "the last of them: migrator lint, with a shadow": lint("--shadow-dsn", server.dsn, version(many - 1)),
    "the last of them: squawk": [squawk, ...options, squawks.at(-1) ?? ""],
    "node -e 0": [process.execPath, "-e", "0"],
  };
  const times = new Map(Object.keys(contestants).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++)
    for (const [name, argv] of Object.entries(contestants))
      times.get(name)?.push((await measure({ argv, cwd: folder })).wallMs);
  const rows = [...times].map(([name, all]) => [name, median(all).toFixed(0)]);
  console.log(toTable(["linted", "ms"], rows));
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
