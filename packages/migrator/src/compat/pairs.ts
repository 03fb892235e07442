import type { Contract, Finding } from "@thedata/releases";
import { type Attestation, concerns } from "../releases/attestations.ts";
import type { SchemaStep } from "../releases/judge-history.ts";
import type { CompatPair, ReleaseColumn } from "./report.ts";

/** What the releases that run together meet in each other's rows; an author may vouch for what is not written yet. */
export async function judgePairs(
  contracts: readonly Contract[],
  columns: readonly ReleaseColumn[],
  steps: readonly SchemaStep[],
  attestations: readonly Attestation[],
): Promise<{ pairs: CompatPair[]; vouched: ReadonlySet<Attestation> }> {
  const { judgePair, mergeFindings, satisfiesVersion } = await import("@thedata/releases");
  const beside = steps.flatMap((step) => step.beside ?? []);
  const metIn = (writer: Contract, reader: Contract) =>
    beside.flatMap((one) => (one.writer === writer.digest && one.reader === reader.digest ? one.findings : []));
  const judgeBoth = (writer: Contract, reader: Contract) =>
    mergeFindings(judgePair(writer, reader, steps.at(-1)?.catalog ?? []), metIn(writer, reader));
  const vouched = new Set<Attestation>();
  const isOpen = (finding: Finding, reader: Contract) => {
    const found = attestations.find((one) => concerns(one, finding, reader, satisfiesVersion));
    if (found) vouched.add(found);
    return found === undefined;
  };
  const together = contracts.filter((_, index) => columns[index]?.supported || columns[index]?.working);
  const nameOf = (contract: Contract) => columns[contracts.indexOf(contract)]?.name ?? "";
  const pairs = together
    .flatMap((writer) => together.filter((reader) => reader !== writer).map((reader) => ({ writer, reader })))
    .map(({ writer, reader }) => ({
      writer: nameOf(writer),
      reader: nameOf(reader),
      findings: judgeBoth(writer, reader).filter((finding) => isOpen(finding, reader)),
    }))
    .filter(({ findings }) => findings.length > 0);
  return { pairs, vouched };
}
