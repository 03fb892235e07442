/** Escapes text for XML; characters that XML forbids or that change the text direction become U+FFFD. */
export function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>"\n\r\t]/g, (letter) => `&#${letter.charCodeAt(0)};`)
    .replaceAll(/[\p{Cc}\p{Bidi_Control}\uFFFE\uFFFF]/gu, "\uFFFD");
}
