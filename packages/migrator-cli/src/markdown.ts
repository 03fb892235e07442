/** Escapes what Markdown would interpret, and line breaks. */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\\`*_[\]<>|~#@]/g, (sign) => (sign === "@" ? "&#64;" : `\\${sign}`))
    .replaceAll(/\s*\n\s*/g, " ");
}

/** A fenced block of code, whose fence is longer than any in the text. */
export function fence(language: string, text: string): string[] {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const ticks = "`".repeat(longest + 1);
  return [`${ticks}${language}`, ...text.split("\n"), ticks];
}
