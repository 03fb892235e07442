import { createHash } from "node:crypto";
import { ConfigurationError } from "@thedata/migrator";

/** One wave of `canary,1%,10%,100%`: by name, by a share of all, or by a number of targets; shares and numbers add up. */
export type WaveSpec =
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "share"; readonly name: string; readonly share: number }
  | { readonly kind: "count"; readonly name: string; readonly count: number };

export const defaultWaves = "canary,1%,10%,100%";

/** Reads waves. Throws a `ConfigurationError` that names the wrong one. */
export function parseWaves(text: string): WaveSpec[] {
  const waves = text.split(",").map((part) => parseWave(part.trim()));
  const names = waves.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ConfigurationError(`--waves has ${twice} more than once`);
  const shares = waves.filter((one) => one.kind === "share");
  if (shares.some(({ share }, index) => share <= (shares[index - 1]?.share ?? 0)))
    throw new ConfigurationError(`--waves counts from the first target: its shares must grow, as in ${defaultWaves}`);
  const last = waves.at(-1);
  if (last?.kind !== "share" || last.share !== 1)
    throw new ConfigurationError(`--waves must end with 100%, as in ${defaultWaves}: else some targets are in none`);
  return waves;
}

function parseWave(name: string): WaveSpec {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(name)?.[1];
  if (share !== undefined && Number(share) > 0 && Number(share) <= 100)
    return { kind: "share", name, share: Number(share) / 100 };
  if (/^[1-9]\d*$/.test(name)) return { kind: "count", name, count: Number(name) };
  if (/^[a-z][\w-]*$/i.test(name)) return { kind: "named", name };
  throw new ConfigurationError(`--waves has "${name}": a wave is a name, a number of targets, or a share such as 10%`);
}

/** What the waves are made of. */
export interface Waiting {
  readonly id: string;
  readonly wave: string | null;
  /** True: something stands in its way already, so that it would prove nothing as a canary. */
  readonly isDoubtful?: boolean | undefined;
}

export interface Wave<Item> {
  readonly name: string;
  readonly targets: readonly Item[];
}

/**
 * Puts each target into a wave; waves without one are left out. Who is first is decided by a hash of its name, so that a
 * share is spread over servers, and is the same after a database has moved. A `canary` that no target asks for has the first one.
 */
export function assignWaves<Item extends Waiting>(targets: readonly Item[], specs: readonly WaveSpec[]): Wave<Item>[] {
  const named = new Set(specs.flatMap(({ kind, name }) => (kind === "named" ? [name] : [])));
  const isNamed = ({ wave }: Item) => wave !== null && named.has(wave);
  const rest = sortByHash(targets.filter((one) => !isNamed(one)));
  let taken = 0;
  const take = (upTo: number) => {
    const some = rest.splice(0, Math.max(0, upTo - taken));
    taken += some.length;
    return some;
  };
  const choose = (spec: WaveSpec) => {
    if (spec.kind === "count") return take(spec.count);
    if (spec.kind === "share") return spec.share === 1 ? take(Infinity) : take(Math.ceil(targets.length * spec.share));
    const own = targets.filter(({ wave }) => wave === spec.name);
    if (own.length === 0 && spec.name === "canary") return take(taken + 1);
    taken += own.length;
    return own;
  };
  return specs.map((spec) => ({ name: spec.name, targets: choose(spec) })).filter((wave) => wave.targets.length > 0);
}

/** Throws a `ConfigurationError` for a named wave that no target of the list asks for. */
export function refuseUnknown(targets: readonly { readonly wave: string | null }[], specs: readonly WaveSpec[]): void {
  const asked = new Set(targets.map(({ wave }) => wave));
  const unknown = specs.find(({ kind, name }) => kind === "named" && name !== "canary" && !asked.has(name));
  if (unknown)
    throw new ConfigurationError(`--waves names "${unknown.name}", and no target of the list has it as its wave`);
}

function sortByHash<Item extends Waiting>(targets: readonly Item[]): Item[] {
  const hashed = targets.map((one) => {
    const hash = createHash("sha256").update(one.id).digest("hex");
    return { one, hash: `${one.isDoubtful ? 1 : 0}${hash}` };
  });
  return hashed.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)).map(({ one }) => one);
}
