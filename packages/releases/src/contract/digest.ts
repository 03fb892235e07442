import { createHash } from "node:crypto";
import type { Contract } from "./contract.ts";

/** SHA-256 of what a contract needs, in hexadecimal: of everything but version, head and the digest itself. */
export function digestContract(contract: Omit<Contract, "digest" | "seal">): string {
  const { format, package: name, orm, tables, statements, unrecorded, schema } = contract;
  const text = canonical({ format, package: name, orm, tables, statements, unrecorded, schema });
  return sha256(text);
}

/** SHA-256 of what the digest leaves out, and of the digest. */
export function sealContract({ digest, package: name, version, head }: Omit<Contract, "seal">): string {
  return sha256([digest, name, version, head].join("\n"));
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** JSON whose keys are sorted: the same value has the same text, whatever wrote it. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}
