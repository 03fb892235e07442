import type { Diagram } from "./diagram.ts";
import { layOut } from "./layout.ts";
import { renderMermaid } from "./mermaid.ts";
import { renderSvg } from "./svg.ts";

/** The format of a picture; "markdown" is Mermaid in a fence. */
export type PictureFormat = "svg" | "mermaid" | "markdown";

/** Writes a diagram as text; equal diagrams give equal text. */
export async function draw(diagram: Diagram, format: PictureFormat): Promise<string> {
  if (format === "svg") return renderSvg(diagram, await layOut(diagram));
  const mermaid = renderMermaid(diagram);
  return format === "mermaid" ? mermaid : `# Database schema\n\n\`\`\`mermaid\n${mermaid}\`\`\`\n`;
}
