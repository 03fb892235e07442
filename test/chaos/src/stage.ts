import type { Migration } from "./migration.ts";
import type { Observer } from "./observer.ts";
import type { Project } from "./project.ts";
import type { Random } from "./random.ts";
import type { Reference } from "./reference.ts";
import type { Server } from "./server.ts";

/** Durations of undisturbed commands, in milliseconds. */
export interface Timing {
  /** A command that does nothing. */
  readonly startMs: number;
  /** From an empty database to the head. */
  readonly upMs: number;
  /** From the head to an empty database. */
  readonly downMs: number;
}

/** Everything that a round uses. */
export interface Stage {
  readonly server: Server;
  readonly observer: Observer;
  readonly reference: Reference;
  readonly history: readonly Migration[];
  readonly project: Project;
  readonly timing: Timing;
  readonly database: string;
  readonly random: Random;
}
