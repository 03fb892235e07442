import { type Context, wholeOf } from "../execute/context.ts";
import { openHistory } from "../history/history.ts";
import { replay } from "../shadow/replay.ts";
import { type ShadowOptions, withShadow } from "../shadow/shadow.ts";
import {
  type AreaNames,
  type Diagram,
  drawDatabase,
  findFolder,
  formatOf,
  type PictureFormat,
  writePicture,
} from "./picture.ts";

export interface ErdOptions {
  /** The picture's file; its ending decides the format. */
  readonly file?: string | undefined;
  /** The format without a file; default: SVG. */
  readonly format?: PictureFormat | undefined;
  readonly areas?: AreaNames | undefined;
  readonly shadow: ShadowOptions;
}

/** A picture of the schema at the head of the migrations. */
export interface Drawn {
  readonly format: PictureFormat;
  readonly text: string;
  readonly diagram: Diagram;
}

/**
 * Draws the schema that the migrations make, on a shadow database, and writes it to `file`, if given. Throws a
 * `ConfigurationError` where the file's folder does not exist.
 */
export async function erd(context: Context, { file, areas, shadow, ...options }: ErdOptions): Promise<Drawn> {
  const format = file === undefined ? (options.format ?? "svg") : formatOf(file);
  if (file !== undefined) await findFolder(file);
  const { folder } = await openHistory(wholeOf(context));
  const { text, diagram } = await withShadow(shadow, async (dsn) => {
    await replay(context, folder, dsn);
    return await drawDatabase({ dsn, ledger: context.ledger }, format, areas);
  });
  if (file !== undefined) await writePicture(file, text);
  return { format, text, diagram };
}
