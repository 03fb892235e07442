import { type Catalog, type Rename, renameStatement } from "@thedata/catalog";
import { shorten } from "@thedata/catalog/sql";
import { MigratorError } from "../errors.ts";
import { type ModelDifference, findDifference } from "../models/find-difference.ts";
import { type Candidate, findCandidates } from "./find-renames.ts";
import { type GivenRename, parseRename, refuseUnknown, resolveRename, toRename } from "./given-renames.ts";
import { apply, type ShadowSchema } from "../models/shadow-schema.ts";

/** A dropped object that may be a new one under another name; names as people write them, columns with their table. */
export interface RenameQuestion {
  readonly kind: "table" | "column";
  readonly from: string;
  /** The likeliest first. */
  readonly to: readonly string[];
}

/** Returns the new name out of `to`, or null: the old object is dropped, and the new ones are different objects. */
export type DecideRename = (question: RenameQuestion) => Promise<string | null>;

/** How renames are told from drops. */
export interface RenameChoices {
  /** Renames known beforehand: `users.mail=email`, `users=people`. */
  readonly renames?: readonly string[] | undefined;
  /** Decides on all others; without it, they are refused. */
  readonly decide?: DecideRename | undefined;
}

/** The renames that were made, and the difference that is left. */
export interface Settled {
  readonly renames: readonly Rename[];
  /** The difference from the schema with the new names. */
  readonly difference: ModelDifference;
}

/**
 * Finds what the models rename, and renames it on the shadow, in the necessary order. Throws a `MigratorError`
 * (refused) for an undecided rename, and a `ConfigurationError` for a given rename that fits nothing.
 */
export async function settleRenames(shadow: ShadowSchema, { renames = [], decide }: RenameChoices): Promise<Settled> {
  const state: State = { given: renames.map(parseRename), dropped: new Set(), formerly: new Map(), done: [] };
  for (;;) {
    const difference = await findDifference(shadow);
    const { before, after } = difference;
    const rename = takeGiven(state, before, after) ?? (await ask(state, before, after, decide));
    if (rename === "settled") return { renames: state.done, difference };
    if (rename === "dropped") continue;
    await apply(shadow, [renameStatement(rename)]);
    if (rename.kind === "table") state.formerly.set(rename.to, rename.from);
    state.done.push(rename);
  }
}

interface State {
  given: GivenRename[];
  /** Names of objects that are certainly dropped. */
  readonly dropped: Set<string>;
  /** Former names of tables by their new names. */
  readonly formerly: Map<string, string>;
  readonly done: Rename[];
}

function takeGiven(state: State, before: Catalog, after: Catalog): Rename | undefined {
  for (const given of state.given) {
    const rename = resolveRename(given, before, after, state.formerly);
    if (!rename) continue;
    state.given = state.given.filter((one) => one !== given);
    return rename;
  }
  return undefined;
}

async function ask(
  state: State,
  before: Catalog,
  after: Catalog,
  decide: DecideRename | undefined,
): Promise<Rename | "dropped" | "settled"> {
  const open = findCandidates(before, after).filter(({ from }) => !state.dropped.has(from.name));
  const [candidate] = open;
  // A given rename of a column may wait until it is known what became of its table.
  const [waiting] = state.given;
  if (waiting && candidate?.kind !== "table") refuseUnknown(waiting, before, after);
  if (!candidate) return "settled";
  if (!decide) throw refuse(open);
  const answer = await decide(toQuestion(candidate));
  const chosen = candidate.to.find(({ name }) => shorten(name) === answer);
  if (chosen) return toRename(candidate.from, chosen);
  state.dropped.add(candidate.from.name);
  return "dropped";
}

/** Puts a candidate as a question, with names as people write them. */
export function toQuestion({ kind, from, to }: Candidate): RenameQuestion {
  return { kind, from: shorten(from.name), to: to.map(({ name }) => shorten(name)) };
}

function refuse(open: readonly Candidate[]): MigratorError {
  const lines = open.map((candidate) => {
    const { kind, from, to } = toQuestion(candidate);
    return `  ${kind} ${from} was removed and ${to.join(" or ")} was added: ${to.map((name) => `--rename ${quote(`${from}=${name}`)}`).join(" or ")}`;
  });
  return new MigratorError("refused", [
    "The models do not tell whether these are renames (data is kept) or drops. Nothing was written.",
    ...lines,
    "Give these options for what is renamed, and --no-renames when everything else is dropped and added.",
  ]);
}

/** Quotes a text for a shell. */
function quote(text: string): string {
  return /^[\w.=]+$/.test(text) ? text : `'${text}'`;
}
