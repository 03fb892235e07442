// Controls, separators of lines and paragraphs, and what hides or reorders text. Tabs, and joiners within words, stay.
const unseen = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--[\t\u200c\u200d]]/gv;

const short: Readonly<Record<string, string>> = { "\n": String.raw`\n`, "\r": String.raw`\r` };

/**
 * Text of others, such as a file's name or a server's message, as one line that a terminal shows as it is: `\n`, `\r`
 * and `\u001b` in place of the characters, so that it can forge no line, colour or direction.
 */
export function escapeControls(text: string): string {
  return text.replaceAll(unseen, (character) => short[character] ?? escapeUnits(character));
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
    .map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`)
    .join("");
}
