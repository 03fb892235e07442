export { type Address, readAddress } from "./postgres/address.ts";
export { networkFailures } from "./postgres/connection.ts";
