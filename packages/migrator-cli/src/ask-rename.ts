import { escapeControls, MigratorError, type RenameQuestion } from "@thedata/migrator/internal";
import { standardOutput } from "./standard-output.ts";

/** Asks on the terminal what became of a table or column; null: it is dropped. Throws a `MigratorError` on Ctrl-C. */
export async function askRename({ kind, from, to }: RenameQuestion): Promise<string | null> {
  const { default: select } = await import("@inquirer/select");
  const renamed = to.map((name) => ({
    name: escapeControls(`renamed to ${name}, data kept`),
    value: name,
  }));
  const dropped = { name: `dropped with its data; a new ${kind} is separate from it`, value: null };
  const question = {
    message: escapeControls(`The models no longer have the ${kind} ${from}. Was it renamed or dropped?`),
    choices: [...renamed, dropped],
    loop: false,
  };
  return await select<string | null>(question, { output: standardOutput() }).catch((cause: Error) => {
    if (cause.name !== "ExitPromptError") throw cause;
    throw new MigratorError("interrupted", "Interrupted: nothing was written", { cause });
  });
}
