import path from "node:path";
import { valid } from "semver";
import type { Contract } from "./contract.ts";
import { digestContract, sealContract } from "./digest.ts";

/** A contract that cannot be relied on, or a list of releases that makes no sense; the message says what to do. */
export class ContractError extends Error {
  override readonly name = "ContractError";

  /** `changed`: it is a contract, and not the one that was made. */
  readonly reason: "unreadable" | "changed";

  constructor(message: string, reason: "unreadable" | "changed" = "unreadable") {
    super(message);
    this.reason = reason;
  }
}

// A contract of a thousand tables has less than half of this.
const mostBytes = 64 * 2 ** 20;

/**
 * Reads the text of a contract. Throws a `ContractError` that names `file` for one that is empty, changed, of a newer
 * format, or of a version that is none.
 */
export function parseContract(text: string, file: string): Contract {
  if (text.length > mostBytes)
    throw new ContractError(`${file} has ${text.length.toLocaleString("en")} bytes, more than the limit of 64 MiB`);
  const contract = parseJson(text, file);
  if (contract.format !== 1)
    throw new ContractError(
      typeof contract.format === "number" && contract.format > 1
        ? `${file} has format ${contract.format}, which this version does not know: use a newer version of the migrator`
        : `${file} is no contract: ${restore}`,
    );
  if (!hasShape(contract)) throw new ContractError(`${file} is no contract of format 1: ${restore}`);
  if (valid(contract.version) !== contract.version)
    throw new ContractError(`${file}: "${contract.version}" is no version such as 1.2.0`);
  if (contract.tables.length === 0)
    throw new ContractError(
      `${file} needs no table: an empty contract would fit every schema. Make it again with "migrator contract"`,
    );
  if (contract.digest !== digestContract(contract) || contract.seal !== sealContract(contract))
    throw new ContractError(`${file} was changed after it was made: ${restore}`, "changed");
  return contract;
}

const restore = `restore it from git, or, if it is that of the models as they are, make it again with "migrator contract"`;

function parseJson(text: string, file: string): Partial<Contract> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new ContractError(`${file} is no valid JSON: ${restore}`);
}

/** The digest proves the rest: nobody but `migrator contract` writes one. */
function hasShape(contract: Partial<Contract>): contract is Contract {
  const { tables, statements, unrecorded, schema } = contract;
  const texts = [contract.package, contract.version, contract.orm, contract.head, contract.digest, contract.seal];
  return (
    texts.every((text) => typeof text === "string") &&
    [tables, statements, unrecorded, schema].every((list) => Array.isArray(list)) &&
    [tables, statements, schema].every((list) => list?.every((one) => typeof one === "object" && one !== null)) &&
    (tables ?? []).every(({ columns, unmapped, collections }) =>
      [columns, unmapped, collections].every((list) => Array.isArray(list)),
    ) &&
    (statements ?? []).every(({ columns, writes, returns, relations }) =>
      [columns, writes, returns, relations].every((list) => Array.isArray(list)),
    ) &&
    (schema ?? []).every(({ properties }) => typeof properties === "object")
  );
}

/** The name of a release's file: `models@1.2.0.json` for `@thedata/models`. */
export function contractFile({ package: name, version }: Pick<Contract, "package" | "version">): string {
  return `${path.posix.basename(name)}@${version}.json`;
}

/** A release's name: `@thedata/models@1.2.0`. */
export function releaseName({ package: name, version }: Pick<Contract, "package" | "version">): string {
  return `${name}@${version}`;
}

/** A contract as text: one line for each table, statement and object, so that a change shows in git as what it is. */
export function renderContract(contract: Contract): string {
  const entries = Object.entries(contract).map(([key, value]: [string, unknown]) => {
    if (!Array.isArray(value)) return `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`;
    const lines = value.map((one) => `    ${JSON.stringify(one)}`);
    return `  ${JSON.stringify(key)}: [${lines.length > 0 ? `\n${lines.join(",\n")}\n  ` : ""}]`;
  });
  return `{\n${entries.join(",\n")}\n}\n`;
}
