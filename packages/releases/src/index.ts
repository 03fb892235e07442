export type { Contract, ContractTable, Operation, RecordedStatement } from "./contract/contract.ts";
export { digestContract } from "./contract/digest.ts";
export { ContractError, contractFile, parseContract, releaseName, renderContract } from "./contract/parse-contract.ts";
export { checkContracts, findSupported, satisfiesVersion, type Supported } from "./contract/supported.ts";
export { type Finding, type Verdict, verdicts, worstOf } from "./judge/finding.ts";
export { createJudge, judge } from "./judge/judge.ts";
export { judgePair } from "./judge/pair.ts";
export { mergeFindings } from "./judge/merge.ts";
export { explainStatements } from "./try/explain.ts";
