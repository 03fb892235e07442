export { type ContractRequest, makeContract } from "./make-contract.ts";
