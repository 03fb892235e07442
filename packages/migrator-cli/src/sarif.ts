import type { PlacedFinding } from "@thedata/migrator/internal";
import { rules } from "@thedata/safety";
import { relativeFile } from "./annotations.ts";
import { version } from "./version.ts";

/** Findings as SARIF 2.1.0, which GitHub's code scanning and editors read. */
export function toSarif(findings: readonly PlacedFinding[]): object {
  const used = new Set(findings.map(({ rule }) => rule));
  const described = rules.filter(({ name }) => used.has(name));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "migrator",
            version,
            rules: described.map(({ name, summary }) => ({ id: name, shortDescription: { text: summary } })),
          },
        },
        results: findings.map(toResult),
      },
    ],
  };
}

function toResult({ rule, severity, message, hint, file, line }: PlacedFinding): object {
  const region = line === null ? {} : { region: { startLine: line } };
  const uri = file === null ? undefined : relativeFile(file, process.env);
  return {
    ruleId: rule,
    level: severity,
    message: { text: hint === undefined ? message : `${message}. ${hint}` },
    ...(uri === undefined ? {} : { locations: [{ physicalLocation: { artifactLocation: { uri }, ...region } }] }),
  };
}
