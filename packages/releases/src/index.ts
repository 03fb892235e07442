export type { Contract } from "./contract/contract.ts";
