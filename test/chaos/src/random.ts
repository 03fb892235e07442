import { createHash } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A random generator that gives the same choices for the same seed. */
export interface Random {
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number;
  /** A number from 0 (included) to 1 (excluded). */
  fraction(): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of the list, which must not be empty. */
  pick<Value>(list: readonly Value[]): Value;
  /** One of the keys, with a probability in proportion to its weight. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key;
}

/** Creates the generator of a seed. */
export function createRandom(seed: string): Random {
  const generator = xoroshiro128plus(createHash("sha256").update(seed).digest().readInt32LE());
  const int = (least: number, most: number) => uniformInt(generator, least, most);
  const fraction = () => uniformFloat64(generator);
  const pick = <Value>(list: readonly Value[]): Value => {
    if (list.length === 0) throw new Error("nothing to pick from");
    return list[int(0, list.length - 1)] as Value;
  };
  const weighted = <Key extends string>(weights: Readonly<Record<Key, number>>): Key => {
    const keys = Object.keys(weights) as Key[];
    return pick(keys.flatMap((key) => Array.from<Key>({ length: weights[key] }).fill(key)));
  };
  return { int, fraction, chance: (probability) => fraction() < probability, pick, weighted };
}
