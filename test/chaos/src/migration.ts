/** The direction of a run in the history. */
export type Direction = "up" | "down";

/** One direction of a migration: its method's code, and statements with the same effect for a plain session. */
export interface Body {
  /** The lines of the method. */
  readonly lines: readonly string[];
  /** The statements in the order in which they run; for computed bodies, statements with the same effect. */
  readonly statements: readonly string[];
}

/** A migration of the generated history. */
export interface Migration {
  /** The name of its class and file. */
  readonly name: string;
  /** Two digits, part of the names of all its objects. */
  readonly id: string;
  readonly kind: string;
  readonly transactional: boolean;
  /**
   * Whether the progress after a cut is unknown: it computes, or one of its statements commits by itself or leaves no
   * trace. The migrator may refuse to continue; its few changes besides counters are repaired by hand.
   */
  readonly unresumable: boolean;
  /** The table whose labels must be unique, or the migration fails. */
  readonly unique: string | undefined;
  readonly up: Body;
  readonly down: Body;
}

/** A body that passes its statements to `addSql`, one by one. */
export function adding(...statements: string[]): Body {
  return { lines: statements.map(addSql), statements };
}

/** The line that passes one statement to `addSql`. */
export function addSql(statement: string): string {
  return `this.addSql(${JSON.stringify(statement)});`;
}

/** The line that executes one statement while the method runs. */
export function execute(statement: string): string {
  return `await this.execute(${JSON.stringify(statement)});`;
}

/** The source of a migration's file: an ordinary MikroORM class, in TypeScript that is also JavaScript. */
export function sourceOf({ name, transactional, up, down }: Migration): string {
  const method = (direction: Direction, { lines }: Body) => [
    `  async ${direction}() {`,
    ...lines.map((line) => `    ${line}`),
    "  }",
  ];
  return [
    `import { Migration } from "@mikro-orm/migrations";`,
    "",
    `export class ${name} extends Migration {`,
    ...(transactional ? [] : ["  isTransactional() {", "    return false;", "  }"]),
    ...method("up", up),
    ...method("down", down),
    "}",
    "",
  ].join("\n");
}
