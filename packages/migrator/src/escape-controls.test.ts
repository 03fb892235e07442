import { expect, it } from "vitest";
import { escapeControls } from "./escape-controls.ts";

it.each([
  ["größe\t'x' 👩‍💻 می‌خواهم", "größe\t'x' 👩‍💻 می‌خواهم"],
  ["a\nb\r\nc", String.raw`a\nb\r\nc`],
  ["\u001b[31mred\u0007\u0000", String.raw`\u001b[31mred\u0007\u0000`],
  ["\u007f\u0085\u009b1m", String.raw`\u007f\u0085\u009b1m`],
  ["sql.\u202Etxt \u2066x\u2069 \u200f\u061c", String.raw`sql.\u202etxt \u2066x\u2069 \u200f\u061c`],
  ["a\u2028b\u2029c\ufeff\u00ad\u200b", String.raw`a\u2028b\u2029c\ufeff\u00ad\u200b`],
  ["\u{e0041}", String.raw`\udb40\udc41`],
])("shows %j as %s", (text, shown) => {
  expect(escapeControls(text)).toBe(shown);
});
