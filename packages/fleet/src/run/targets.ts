import { keyOf, locate, type Target } from "../targets/target.ts";
import { type Answer, type Histories, historyOf } from "../ask/ask-ledgers.ts";
import { assignWaves, type WaveSpec } from "../plan/waves.ts";
import type { NewTarget, NewWave } from "./begin.ts";

/** A target of a list, with the part of the history that it runs; or what one of their databases shares. */
export interface PartTarget extends Omit<NewTarget, "state" | "headBefore" | "headKnown"> {
  readonly wave: string | null;
}

/** The targets of a list, and for each database with tenants what it shares, which runs once. */
export function withShared(targets: readonly Target[], histories: Histories): PartTarget[] {
  const { shared } = histories;
  const headOf = (part: PartTarget["part"]) => historyOf({ part }, histories).migrations.at(-1)?.name ?? null;
  const own = targets.map((target): PartTarget => ({
    ...pick(target),
    key: keyOf(target),
    part: target.schema === null ? null : "schema",
    headTarget: headOf(target.schema === null ? null : "schema"),
  }));
  if (shared.migrations.length === 0) return own;
  const tenants = targets.filter(({ schema }) => schema !== null);
  const databases = new Map(tenants.map((target) => [keyOf({ ...target, schema: null }), target]));
  const parts = [...databases].map(([database, target]): PartTarget => {
    const key = keyOf({ ...target, schema: null }, true);
    return {
      ...pick(target),
      id: `${database} shared`,
      schema: null,
      wave: null,
      labels: {},
      key,
      part: "shared",
      headTarget: headOf("shared"),
    };
  });
  return [...parts, ...own];
}

function pick({ id, address, schema, server, wave, labels }: Target) {
  return { id, address, schema, server, wave, labels };
}

/** A target and what its ledger says. */
export interface AskedTarget {
  readonly target: PartTarget;
  readonly answer: Answer;
}

const sound: ReadonlySet<Answer["state"]> = new Set(["empty", "behind", "current"]);

/** The waves of a run: what databases share first, then those of the plan; what is at the head is in one of its own. */
export function planWaves(asked: readonly AskedTarget[], specs: readonly WaveSpec[]): NewWave[] {
  const isCurrent = ({ answer }: AskedTarget) => answer.state === "current";
  const waiting = asked.filter((one) => !isCurrent(one));
  const shared = waiting.filter(({ target }) => target.part === "shared");
  const rest = waiting.filter(({ target }) => target.part !== "shared");
  const byId = new Map(rest.map((one) => [one.target.id, one]));
  const waves = assignWaves(
    rest.map(({ target: { id, wave }, answer }) => ({ id, wave, isDoubtful: !sound.has(answer.state) })),
    specs,
  );
  return [
    { name: "at head", targets: asked.filter(isCurrent).map((one) => toNew(one, "current")) },
    { name: "shared", targets: shared.map((one) => toNew(one, "waiting")) },
    ...waves.map(({ name, targets }) => ({
      name,
      targets: targets.flatMap(({ id }) => byId.get(id) ?? []).map((one) => toNew(one, "waiting")),
    })),
  ].filter(({ targets }) => targets.length > 0);
}

export function toNew({ target, answer }: AskedTarget, state: NewTarget["state"]): NewTarget {
  const { wave: _, ...own } = target;
  const headKnown = answer.state !== "unreachable" && answer.state !== "gone";
  return { ...own, state, headBefore: answer.head, headKnown };
}

/** Where a target's database is, as a person reads it. */
export function placeOf({ address, schema }: Pick<PartTarget, "address" | "schema">): string {
  const { server, database } = locate(address);
  return `${server}/${database}${schema === null ? "" : ` ${schema}`}`;
}
