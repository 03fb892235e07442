import { columns } from "./columns.ts";
import { constraints } from "./constraints.ts";
import { harmlessChanges } from "./harmless.ts";
import { names } from "./names.ts";
import { nullability } from "./nullability.ts";
import type { Scenario } from "./scenario.ts";
import { sets } from "./sets.ts";
import { statements } from "./statements.ts";
import { tables } from "./tables.ts";
import { types } from "./types.ts";

/** Every scenario, harmless ones too. */
export const scenarios: readonly Scenario[] = [
  ...columns,
  ...nullability,
  ...types,
  ...sets,
  ...constraints,
  ...tables,
  ...names,
  ...statements,
  ...harmlessChanges,
];
