import { leadingWords, splitCommands } from "@thedata/catalog/sql";

/** The SET and RESET commands among statements that are done, which a new session must repeat. */
export function sessionCommandsOf(done: readonly string[]): string[] {
  const commands = done.flatMap(splitCommands);
  return commands
    .filter((command) =>
      /^(set (?!local|transaction|constraints)|reset )/.test(`${leadingWords(command, 2).join(" ")} `),
    )
    .map(({ sql }) => sql);
}

/**
 * Whether a statement makes something that ends with its session and that its text alone does not restore, such as a
 * temporary table.
 */
export function endsWithSession(sql: string): boolean {
  return splitCommands(sql).some((command) => {
    const words = leadingWords(command, 4).join(" ");
    return (
      /^(create (or replace )?((local|global) )?temp(orary)? |prepare |listen |load )/.test(`${words} `) ||
      (words.startsWith("select") && /\bset_config\s*\(/i.test(command.sql))
    );
  });
}

// Safe to send again: a second time has no further effect, fails, or the catalog shows the outcome of the first.
const repeatable =
  /^(create (unique )?index concurrently(?! on\b)|drop index concurrently|vacuum|cluster|alter system|(create|drop|alter) (database|tablespace|subscription))\b/;

/**
 * Whether a statement that cannot run in a transaction may be sent again when its outcome is unknown. A block,
 * procedure or transaction may have committed a part; an index without a name would be built twice; a second REINDEX
 * CONCURRENTLY leaves the half-built copies of the first.
 */
export function isRepeatable(sql: string): boolean {
  const [command, ...rest] = splitCommands(sql);
  if (!command || rest.length > 0) return false;
  const words = leadingWords(command, 5).join(" ");
  if (words.startsWith("reindex")) return !/\bconcurrently\b/i.test(command.sql);
  return repeatable.test(words) || detaches(command.sql);
}

/** Whether a statement must or may need to be sent outside a transaction, judged by its text. */
export function isOutside(sql: string): boolean {
  const starts = splitCommands(sql).map((command) => leadingWords(command, 4).join(" "));
  return (
    isRepeatable(sql) || starts.some((words) => /^(do|call|reindex|create (unique )?index concurrently)\b/.test(words))
  );
}

function detaches(sql: string): boolean {
  return /^alter\s+table\b.*\bdetach\s+partition\b.*\bconcurrently\s*$/is.test(sql);
}
