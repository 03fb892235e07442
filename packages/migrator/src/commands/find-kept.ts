import type { Context } from "../execute/context.ts";
import { openFolder } from "../history/history.ts";
import type { Kept } from "../models/keep.ts";
import { findSupportedContracts, readContracts } from "../releases/read-contracts.ts";

/**
 * What stays although the models do not map it: what any release with a contract maps, or, with `contract`, what a
 * supported one does. Undefined where no releases are configured.
 */
export async function findKept(context: Context, contract = false): Promise<Kept | undefined> {
  const { releases, migrations } = context;
  if (!releases) return undefined;
  const { keptBy } = await import("../models/kept-by.ts");
  const all = await readContracts(releases);
  if (!contract) return keptBy(all);
  const { files } = await openFolder(migrations);
  const names = files.map(({ name }) => name);
  return keptBy(await findSupportedContracts(all, releases, names));
}
