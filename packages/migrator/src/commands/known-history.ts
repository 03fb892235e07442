import { keepOpened, type KnownHistory } from "../history/known-history.ts";
import { openHistory } from "../history/history.ts";
import type { MigrationFolder } from "../history/folder.ts";
import type { Part } from "../history/part.ts";
import { digestOf } from "../ledger/ledger.ts";
import { checkHistory, isSound } from "../plan/integrity.ts";
import { RefusedError } from "../errors.ts";

/** Reads a history from its folder or list. Throws a `MigratorError` where it is not sound. */
export async function readKnownHistory(migrations: string | MigrationFolder, part?: Part): Promise<KnownHistory> {
  const history = await openHistory(part === undefined ? migrations : { of: migrations, part });
  const loaded = [];
  for (const { name } of history.folder.files) loaded.push(await history.load(name));
  const { manifest } = history.folder;
  if (!isSound(history.known(), manifest))
    throw new RefusedError(
      checkHistory(history.known(), [], manifest)
        .map(({ message }) => message)
        .join("\n"),
    );
  const known = loaded.map(({ name, checksum }) => ({ name, checksum }));
  return keepOpened({ migrations: known, digest: digestOf(known) }, history);
}
