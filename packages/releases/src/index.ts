export type { Contract, ContractTable, Operation, RecordedStatement } from "./contract/contract.ts";
export { digestContract } from "./contract/digest.ts";
export { type Finding, type Verdict, verdicts, worstOf } from "./judge/finding.ts";
export { judge } from "./judge/judge.ts";
