import { ConfigurationError } from "../errors.ts";
import type { Diagram } from "./diagram.ts";
import { layOut } from "./layout.ts";
import { renderMermaid } from "./mermaid.ts";
import { renderSvg } from "./svg.ts";

/** How a diagram is written; Markdown is Mermaid within a fence. */
export type PictureFormat = "svg" | "mermaid" | "markdown";

const endings = new Map<string | undefined, PictureFormat>([
  ["svg", "svg"],
  ["mmd", "mermaid"],
  ["md", "markdown"],
]);

/** The format of a file by its ending. Throws a `ConfigurationError` for any other. */
export function formatOf(file: string): PictureFormat {
  const format = endings.get(/\.([^./\\]+)$/.exec(file)?.[1]);
  if (format) return format;
  throw new ConfigurationError(`"${file}" ends in none of .svg, .mmd (Mermaid) and .md: its ending says what is drawn`);
}

/** Writes a diagram as text: the same for the same diagram, always. */
export async function draw(diagram: Diagram, format: PictureFormat): Promise<string> {
  if (format === "svg") return renderSvg(diagram, await layOut(diagram));
  const mermaid = renderMermaid(diagram);
  return format === "mermaid" ? mermaid : `# Database schema\n\n\`\`\`mermaid\n${mermaid}\`\`\`\n`;
}
