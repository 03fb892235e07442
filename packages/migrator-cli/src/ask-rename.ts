import { escapeControls, MigratorError, type RenameQuestion } from "@thedata/migrator/internal";
import { standardOutput } from "./standard-output.ts";

/** Asks on the terminal what became of a table or column; null: it is dropped. Throws a `MigratorError` on Ctrl-C. */
export async function askRename({ kind, from, to }: RenameQuestion): Promise<string | null> {
  const { default: select } = await import("@inquirer/select");
  const renamed = to.map((name) => ({
    name: escapeControls(`it is ${name} now, and keeps what is in it`),
    value: name,
  }));
  const dropped = { name: "it is dropped with what is in it, and what is new is another thing", value: null };
  const question = {
    message: escapeControls(`The ${kind} ${from} is not in the models any more. What became of it?`),
    choices: [...renamed, dropped],
    loop: false,
  };
  return await select<string | null>(question, { output: standardOutput() }).catch((cause: Error) => {
    if (cause.name !== "ExitPromptError") throw cause;
    throw new MigratorError("interrupted", "Interrupted: nothing was written", { cause });
  });
}
