import type { MigrationFolder } from "../history/folder.ts";
import { readLedger } from "../ledger/ledger.ts";
import { releaseInsert, verdictInsert } from "../ledger/releases.ts";
import type { Query } from "../postgres/connection.ts";
import { judgePlan } from "../releases/gate.ts";
import { judgeDown } from "../releases/judge-down.ts";
import type { ReleaseSettings } from "../releases/settings.ts";
import { unrun } from "../report.ts";
import type { Context } from "./context.ts";
import { type MigrateOptions, type Prepared, type Ready, refuse } from "./prepared.ts";

interface PassRequest {
  readonly context: Context;
  readonly query: Query;
  readonly folder: MigrationFolder;
  readonly options: MigrateOptions;
  readonly releases: ReleaseSettings;
  /** Tells why a step is held back. */
  readonly tell: (message: string) => void;
}

/** Refuses a `down` that would break a release which is connected. */
export async function passDown(request: PassRequest, ready: Ready): Promise<Prepared> {
  const { query, folder, options, releases } = request;
  const { steps } = ready.plan;
  const { ledger } = request.context;
  const applied = await readLedger(query, ledger);
  const target = applied.findLast(({ name }) => !steps.includes(name))?.name ?? null;
  const problems = await judgeDown({ query, ledger, releases, folder, steps, target, disregard: options.disregard });
  return problems.length === 0 ? ready : { settled: refuse(ready.plan, problems, null) };
}

/** Refuses a plan that would end a release, or (`--phase expand`) cuts it before the step that does. */
export async function passGate(request: PassRequest, { plan, loaded }: Ready): Promise<Prepared> {
  const { query, folder, options, releases } = request;
  const { ledger } = request.context;
  const { steps } = plan;
  const gate = await judgePlan({ query, ledger, releases, folder, steps, disregard: options.disregard });
  if (gate.contracts.length === 0 && gate.problems.length === 0) return { plan, loaded };
  // A contract is long, and told once.
  const contracts = [...gate.contracts];
  const alongside: Ready["alongside"] = (migration) => [
    ...contracts.splice(0).map((contract) => releaseInsert(contract, ledger)),
    ...gate.verdictsOf(migration).map((verdict) => verdictInsert(verdict, ledger)),
  ];
  if (gate.problems.length === 0) return { plan, loaded, alongside };
  const mayHold = options.phase === "expand" && gate.problems.every(({ code }) => code === "ends-release");
  if (!mayHold) return { settled: refuse(plan, gate.problems, null) };
  const [first, held] = [steps.slice(0, gate.allowed), steps.slice(gate.allowed)];
  for (const { message } of gate.problems) request.tell(message);
  const waiting = held.map((name) => ({ ...unrun(name, "held"), heldBy: "release" as const }));
  if (first.length === 0) return { settled: { outcome: "nothing", steps: waiting, problems: [], error: null } };
  return { plan: { ...plan, steps: first }, loaded: loaded.slice(0, first.length), held, alongside };
}
