/** Text as XML takes it; what XML has no letter for, and what turns the direction, becomes the sign for that. */
export function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>"\n\r\t]/g, (letter) => `&#${letter.charCodeAt(0)};`)
    .replaceAll(/[\p{Cc}\p{Bidi_Control}\uFFFE\uFFFF]/gu, "\uFFFD");
}
