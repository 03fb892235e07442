import { columns } from "./columns.ts";
import type { Scenario } from "./scenario.ts";

/** Every scenario, harmless ones too. */
export const scenarios: readonly Scenario[] = [...columns];
