import { formatSql } from "./format-sql.ts";
import type { Warning } from "./warn.ts";

/** One direction of a migration to write. */
export interface RenderedDirection {
  readonly statements: readonly string[];
  readonly warnings: readonly Warning[];
  /** Why the schema cannot be restored; then there are no statements. */
  readonly never?: string | undefined;
}

/** A change that runs in batches. */
export interface RenderedBackfill {
  readonly table: string;
  readonly set: string;
  readonly where: string;
  /** The column that keeps what was filled in when the migration is reverted: `users.token`. */
  readonly column: string;
}

/** What a migration's class says beside its statements. */
export interface RenderOptions {
  /** False: it runs outside a transaction. */
  readonly transactional?: boolean | undefined;
  /** The change that runs in batches, which is its one statement. */
  readonly backfill?: RenderedBackfill | undefined;
  /** Why it is a migration of its own. */
  readonly why?: string | undefined;
}

/**
 * Renders a migration as TypeScript; each warning is a comment above its statement. The class's comment lists what
 * `down` drops, which is mostly what `up` made.
 */
export function renderMigration(
  name: string,
  up: RenderedDirection,
  down: RenderedDirection,
  options: RenderOptions = {},
): string {
  const lost = [...new Set(down.warnings.flatMap(({ drops }) => drops ?? []))];
  const warnings = down.warnings.filter(({ drops }) => drops === undefined);
  return renderClass(name, renderDirection(up), renderDirection({ ...down, warnings }), lost, options);
}

/** Renders a migration without statements, whose SQL is written by hand. */
export function renderBlank(name: string): string {
  const hint = "    // this.addSql(`...`);";
  return renderClass(name, hint, hint, []);
}

function renderClass(
  name: string,
  up: string,
  down: string,
  lost: readonly string[],
  { transactional = true, backfill, why }: RenderOptions = {},
): string {
  const outside = transactional ? "" : "\n  override isTransactional(): boolean {\n    return false;\n  }\n";
  return `import { Migration } from "@mikro-orm/migrations";

${renderNotes(lost, why, backfill?.column)}export class ${name} extends Migration {
  override name = "${name}";
${outside}${backfill ? renderBackfill(backfill) : ""}
  override async up(): Promise<void> {
${up}
  }

  override async down(): Promise<void> {
${down}
  }
}
`;
}

function renderBackfill({ table, set, where }: RenderedBackfill): string {
  const fields = Object.entries({ table, set, where }).flatMap(([name, text]) =>
    text === undefined ? [] : [`    ${name}: ${JSON.stringify(text)},`],
  );
  return [
    "",
    "  /** Runs in batches, or as the one statement of `up` on a small table and in MikroORM's own CLI. */",
    "  readonly backfill = {",
    ...fields,
    "  };",
    "",
  ].join("\n");
}

function renderNotes(lost: readonly string[], why: string | undefined, kept: string | undefined): string {
  const drops = `\`down\` drops ${lost.join(", ")}, and what is in ${lost.length === 1 ? "it" : "them"}.`;
  const notes = [
    ...(why === undefined ? [] : why.split("\n")),
    ...(lost.length === 0 ? [] : [drops]),
    ...(kept === undefined ? [] : [`@loses ${kept}`]),
  ];
  if (notes.length === 0) return "";
  const lines = notes.flatMap((note) => wrap(note.replaceAll("*/", "* /"), " * "));
  return `/**\n${lines.join("\n")}\n */\n`;
}

function renderDirection({ statements, warnings, never }: RenderedDirection): string {
  if (never !== undefined) return `    throw new Error(${JSON.stringify(never)});`;
  // A direction that was left empty by mistake is refused, so that this one says that it is not.
  if (statements.length === 0) return "    // @noop down: the schema stays as it is.";
  const lines = statements.flatMap((statement) => {
    const own = new Set(warnings.filter((warning) => warning.statement === statement).map(({ message }) => message));
    return [...[...own].flatMap(renderComment), renderStatement(formatSql(statement))];
  });
  return lines.join("\n");
}

function renderStatement(sql: string): string {
  return `    this.addSql(\`${sql.replaceAll(/[`\\]|\$\{/g, "\\$&")}\`);`;
}

function renderComment(message: string): string[] {
  return wrap(message, "    // ");
}

function wrap(text: string, margin: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length > 112) lines.push(`${margin}${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
