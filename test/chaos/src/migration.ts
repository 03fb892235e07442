/** Which way a run moves along the history. */
export type Direction = "up" | "down";

/** One direction of a migration: what its method says, and what a plain session would send to the same effect. */
export interface Body {
  /** Lines of the method, in their order. */
  readonly lines: readonly string[];
  /** Statements in the order in which they run; for bodies that compute, ones with the same effect. */
  readonly statements: readonly string[];
}

/** A migration of the generated history. */
export interface Migration {
  /** The class's and the file's name. */
  readonly name: string;
  /** Two digits that all its objects carry in their names. */
  readonly id: string;
  readonly kind: string;
  readonly transactional: boolean;
  /**
   * Whether nobody can know after a cut how far it came: it computes, or one of its statements commits by itself or
   * leaves no trace. The tool may refuse to go on; what it changes beside its counters is little, and is set right by hand.
   */
  readonly unresumable: boolean;
  /** The table that must have no label twice, or it fails. */
  readonly unique: string | undefined;
  readonly up: Body;
  readonly down: Body;
}

/** A body that hands over its statements one by one. */
export function adding(...statements: string[]): Body {
  return { lines: statements.map(addSql), statements };
}

/** The line that hands over one statement. */
export function addSql(statement: string): string {
  return `this.addSql(${JSON.stringify(statement)});`;
}

/** The line that sends one statement while the method runs. */
export function execute(statement: string): string {
  return `await this.execute(${JSON.stringify(statement)});`;
}

/** The text of a migration's file: an ordinary class of MikroORM's, in TypeScript that is JavaScript as well. */
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
