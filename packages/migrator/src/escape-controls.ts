// Control characters, line and paragraph separators, and format characters, which can hide or reorder text. Tabs and
// joiners are kept.
const unseen = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--[\t\u200c\u200d]]/gv;

const short: Readonly<Record<string, string>> = { "\n": String.raw`\n`, "\r": String.raw`\r` };

/**
 * Escapes foreign text, such as a file's name or a server's message, into one line: control characters become `\n`,
 * `\r` or `\u001b`, so that the text can forge no line, colour or direction on a terminal.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(unseen, (character) => short[character] ?? escapeUnits(character));
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("");
}
