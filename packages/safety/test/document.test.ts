import { expect, it } from "vitest";
import { rules } from "../src/rules/index.ts";

const escape = (text: string) => text.replaceAll("|", "\\|");

it("docs/lint-rules.md lists every rule as it is: `vitest run -u` writes it", async () => {
  const row = ({ name, severity, summary, optional }: (typeof rules)[number]) =>
    `| ${name} | ${optional ? "opt-in" : severity} | ${escape(summary)} |`;
  const text = `# The linter's rules

Each is one file in [packages/safety/src/rules](../packages/safety/src/rules), with what it finds and what it passes over.
[lint.md](lint.md) tells how they are weighed, silenced and set.

<!-- prettier-ignore -->
| rule | severity | what it is about |
| --- | --- | --- |
${rules.map(row).join("\n")}
`;
  await expect(text).toMatchFileSnapshot("../../../docs/lint-rules.md");
});
