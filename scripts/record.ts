// Makes docs/recording.svg: `node --conditions=@thedata/source scripts/record.ts`, after `pnpm build`.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { createDatabase, startPostgres } from "@thedata/dev-postgres";
import anser from "anser";

const root = path.resolve(import.meta.dirname, "..");
const cli = path.join(root, "packages/migrator-cli");

const model = (properties: string) => `import { defineEntity, p } from "@mikro-orm/core";

export const Author = defineEntity({
  name: "Author",
  properties: { id: p.integer().primary(), ${properties} },
});
`;

const config = `import { Author } from "./author.ts";

export default { migrations: "migrations", models: async () => ({ entities: [Author] }) };
`;

const mistaken = `-- migrate:up
update author
   set email = lower(emial)
 where email is not null;
-- migrate:down
-- @noop down
`;

interface Scene {
  /** What is typed; a comment is shown and not run. */
  readonly typed: string;
  /** What happened before, unseen. */
  readonly files?: Readonly<Record<string, string>>;
  readonly unseen?: string;
}

const scenes: readonly Scene[] = [
  {
    typed: "# the model has a new property: email",
    files: { "author.ts": model("name: p.string(), email: p.string().nullable()") },
  },
  { typed: "npx migrator create add_email" },
  { typed: "tail -n +3 migrations/*_add_email.ts" },
  { typed: "npx migrator check" },
  { typed: "npx migrator up" },
  {
    typed: "# a colleague's migration has a mistake",
    files: { "migrations/20990101000000_lower_email.sql": mistaken },
    unseen: "npx migrator check --fix",
  },
  { typed: "npx migrator up" },
  { typed: "npx migrator status" },
];

/** Plays the scenes in a project of their own and gives what a terminal would show, line by line. */
async function play(dsn: string): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "recording-"));
  try {
    await symlink(path.join(cli, "node_modules"), path.join(folder, "node_modules"));
    await mkdir(path.join(folder, "bin"));
    await writeFile(
      path.join(folder, "bin/npx"),
      `#!/bin/sh\nshift\nexec "${process.execPath}" "${cli}/dist/main.cjs" "$@"\n`,
      { mode: 0o755 },
    );
    await writeAll(folder, {
      "package.json": '{"type":"module"}',
      "migrator.config.ts": config,
      "author.ts": model("name: p.string()"),
      "migrations/.gitkeep": "",
    });
    const env = {
      ...process.env,
      PATH: `${folder}/bin:${process.env["PATH"]}`,
      POSTGRES_DSN: dsn,
      FORCE_COLOR: "1",
      MIGRATOR_CACHE: path.join(folder, "cache"),
    };
    delete (env as NodeJS.ProcessEnv)["NO_COLOR"];
    const type = async (line: string) =>
      await promisify(execFile)("sh", ["-c", `( ${line} ) 2>&1 || true`], { cwd: folder, env });
    await type("npx migrator create authors && npx migrator up");
    const shown: string[] = [];
    for (const { typed, files = {}, unseen } of scenes) {
      await writeAll(folder, files);
      if (unseen) await type(unseen);
      shown.push(`\u001B[1m$ ${typed}\u001B[22m`);
      if (!typed.startsWith("#")) shown.push(...(await type(typed)).stdout.trimEnd().split("\n"), "");
    }
    return shown;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
}

const [lineHeight, padding, columnWidth] = [18, 16, 7.83];

/** Breaks a line where a terminal would. */
function wrap(line: string): string[] {
  return line.includes("\u001B") ? [line] : (line.match(/.{1,108}/g) ?? [""]);
}

/** Draws lines with ANSI colours as a terminal whose lines appear one after another. */
function draw(lines: readonly string[]): string {
  const width = Math.ceil(Math.max(...lines.map((line) => anser.ansiToText(line).length)) * columnWidth + 2 * padding);
  const height = lines.length * lineHeight + 2 * padding;
  let seconds = 0;
  const rows = lines.map((line, index) => {
    seconds += line.startsWith("\u001B[1m$") ? 1.6 : 0.08;
    const y = padding + (index + 0.75) * lineHeight;
    return `<text x="${padding}" y="${y}" style="animation-delay:${seconds.toFixed(2)}s">${toSpans(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="create, check, up, and a failure with its place">
<style>text{font:13px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d0d7de;white-space:pre;animation:show 0s both}@keyframes show{from{visibility:hidden}}@media(prefers-reduced-motion:reduce){text{animation:none}}</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${rows.join("\n")}
</svg>
`;
}

function toSpans(line: string): string {
  return anser
    .ansiToJson(anser.escapeForHtml(line), { remove_empty: true })
    .map(({ content, fg, decorations }) => {
      const bold = decorations.includes("bold") ? ' font-weight="bold"' : "";
      const dim = decorations.includes("dim") ? ' opacity="0.6"' : "";
      return `<tspan${fg ? ` fill="rgb(${fg})"` : ""}${bold}${dim}>${content}</tspan>`;
    })
    .join("");
}

const postgres = await startPostgres();
try {
  const dsn = await createDatabase(postgres.dsn);
  const shown = (await play(dsn)).flatMap(wrap).map((line) => line.replaceAll(new URL(dsn).pathname, "/shop"));
  await writeFile(path.join(root, "docs/recording.svg"), draw(shown));
} finally {
  await postgres.stop();
}
