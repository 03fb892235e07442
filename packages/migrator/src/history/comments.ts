import { locateStatements } from "@thedata/catalog/sql";

/** The comments of a migration's file. */
export interface Comments {
  /** What stands above each statement, in the order of the statements; undefined: nothing. */
  readonly above: readonly (string | undefined)[];
  /** All others, from the top. */
  readonly others: readonly string[];
}

/** Reads the comments that stand on lines of their own, without their signs. */
export function readComments(source: string, statements: readonly string[]): Comments {
  const blocks = findBlocks(source.split("\n"));
  const taken = new Set<Block>();
  const above = locateStatements(source, statements).map((lineOf) => {
    const line = lineOf?.();
    // The statement begins on the line of its call, or on the one below.
    const block = blocks.find(({ end }) => end + 1 === line || end + 2 === line);
    if (!block || taken.has(block)) return undefined;
    taken.add(block);
    return block.text;
  });
  const others = blocks.filter((block) => !taken.has(block)).map(({ text }) => text);
  return { above, others: others.filter((text) => !/^@noop\b/.test(text)) };
}

interface Block {
  readonly text: string;
  /** Its last line, from 1. */
  readonly end: number;
}

/** Comments on lines that follow each other are one, but one that is for the linter stands alone. */
function findBlocks(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let open: { words: string[]; inside: boolean } | undefined;
  const close = (end: number) => {
    if (open) blocks.push({ text: open.words.filter((word) => word !== "").join(" "), end });
    open = undefined;
  };
  for (const [index, line] of [...lines, ""].entries()) {
    const text = line.trim();
    const isComment = open?.inside === true || /^(\/\/|\/\*)/.test(text);
    if (isComment) {
      const inside = (open?.inside === true || text.startsWith("/*")) && !text.includes("*/");
      const words = text.replace(/^(\/\/+|\/\*+|\*+(?!\/))?\s*/, "").replace(/\s*\*+\/$/, "");
      open = { words: [...(open?.words ?? []), forLinter(words)], inside };
    } else {
      close(index);
      const behind = /[;{}]\s*\/\/\s*(.+)$/.exec(line)?.[1];
      if (behind !== undefined) blocks.push({ text: behind, end: -1 });
    }
  }
  return blocks.filter(({ text }) => text !== "");
}

/** What the linter reads must begin a line. */
function forLinter(words: string): string {
  return words.startsWith("lint:") ? `\n${words}\n` : words;
}
