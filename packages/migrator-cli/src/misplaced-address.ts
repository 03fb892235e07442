import { ConfigurationError } from "@thedata/migrator/internal";

/** True for text that may be a connection string with a password, even mistyped. */
export function isAddress(text: string): boolean {
  return (
    /postgres(ql)?:\/|\b[a-z][a-z+.-]+:\/+\S*@|^[^\s/:]+:[^\s/]+@/i.test(text) ||
    (/\bpassword\s*=/i.test(text) && /\b(host|hostaddr|dbname|user)\s*=/i.test(text))
  );
}

const takers = ["--dsn", "--shadow-dsn", "--stats-from", "--control-dsn"];

/**
 * Throws a `ConfigurationError` where an argument other than the value of --dsn, --shadow-dsn, --stats-from or --control-dsn is a connection string,
 * before any message quotes it.
 */
export function refuseMisplacedAddress(args: readonly string[]): void {
  const end = args.indexOf("--");
  const at = args.findIndex((argument, index) => isAddress(argument) && !isTaken(args, index, end));
  if (at >= 0) throw refusal(args[at - 1]);
}

function isTaken(args: readonly string[], index: number, end: number): boolean {
  if (end >= 0 && end < index) return false;
  return takers.some((taker) => args[index - 1] === taker || args[index]?.startsWith(`${taker}=`));
}

/** Throws a `ConfigurationError` where one of a command's own arguments or options is a connection string. */
export function refuseAddresses(values: readonly unknown[]): void {
  if (values.flat().some((value) => typeof value === "string" && isAddress(value))) throw refusal();
}

function refusal(before = ""): ConfigurationError {
  const what = /^--[a-z-]+$/.test(before)
    ? `${before} does not take a connection string`
    : "A connection string is given where none is allowed";
  return new ConfigurationError(`${what}: use --dsn, --shadow-dsn or POSTGRES_DSN`);
}

/** Replaces the connection strings among the arguments in a message by "…". */
export function hideAddresses(text: string, args: readonly string[]): string {
  return args.filter(isAddress).reduce((hidden, address) => hidden.replaceAll(address, "…"), text);
}
