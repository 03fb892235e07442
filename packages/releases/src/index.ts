export type { Contract, ContractTable, Operation, RecordedStatement } from "./contract/contract.ts";
export { digestContract } from "./contract/digest.ts";
export { ContractError, contractFile, parseContract, releaseName, renderContract } from "./contract/parse-contract.ts";
export { checkContracts, findSupported, isRange, satisfiesVersion, type Supported } from "./contract/supported.ts";
export { type Finding, mergeFindings, type Verdict, verdicts, worstOf } from "./judge/finding.ts";
export { createJudge, judge } from "./judge/judge.ts";
export { judgePair } from "./judge/pair.ts";
export { tryBeside } from "./try/beside.ts";
export { textTypes } from "./try/driver-values.ts";
export { explainStatements } from "./try/explain.ts";
export {
  confirmEarly,
  type Early,
  type Samples,
  takeSamples,
  tryDeletes,
  tryEarly,
  trySamples,
} from "./try/samples.ts";
