import { columns } from "./columns.ts";
import { constraints } from "./constraints.ts";
import { foreignKeys } from "./foreign-keys.ts";
import { harmlessChanges } from "./harmless.ts";
import { names } from "./names.ts";
import { newColumns } from "./new-columns.ts";
import { nullability } from "./nullability.ts";
import type { Scenario } from "./scenario.ts";
import { sets } from "./sets.ts";
import { statements } from "./statements.ts";
import { tables } from "./tables.ts";
import { types } from "./types.ts";

/** Every scenario, harmless ones too. */
export const scenarios: readonly Scenario[] = [
  ...newColumns,
  ...columns,
  ...nullability,
  ...types,
  ...sets,
  ...constraints,
  ...foreignKeys,
  ...tables,
  ...names,
  ...statements,
  ...harmlessChanges,
];
