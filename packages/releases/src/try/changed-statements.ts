import type { Catalog } from "@thedata/catalog";
import type { Contract, RecordedStatement } from "../contract/contract.ts";
import { arrange } from "../schema/arrange.ts";

/** The statements over relations or functions that are not what they were when the contract was made. */
export function changedStatements(contract: Contract, catalog: Catalog): ReadonlySet<RecordedStatement> {
  const [atHead, now] = [arrange(contract.schema), arrange(catalog)];
  const isOther = (relation: string) => atHead.contentOf(relation) !== now.contentOf(relation);
  const bodyIn = (schema: typeof now, name: string) => schema.function(name)?.properties["definition"];
  const changed = contract.statements.filter(
    ({ relations, functions }) =>
      relations.some(isOther) || functions.some((one) => bodyIn(atHead, one) !== bodyIn(now, one)),
  );
  return new Set(changed);
}
