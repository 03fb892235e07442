export { type Address, readAddress } from "./postgres/address.ts";
export {
  type Connection,
  connect,
  type DatabaseAddress,
  describeDatabase,
  isConnectionFailure,
  isNotUpYet,
  networkFailures,
} from "./postgres/connection.ts";
