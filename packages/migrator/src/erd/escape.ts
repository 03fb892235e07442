/** Text as XML takes it; what XML has no letter for becomes the sign for that. */
export function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>"\n\r\t]/g, (letter) => `&#${letter.charCodeAt(0)};`)
    .replaceAll(/[\p{Cc}\uFFFE\uFFFF]/gu, "\uFFFD");
}
