import { describe, expect, it } from "vitest";
import { formatOf } from "./picture.ts";

describe("a picture's format", () => {
  it.each([
    ["a.svg", "svg"],
    ["a/b.mmd", "mermaid"],
    ["a.b.md", "markdown"],
  ])("of %s is %s", (file, format) => {
    expect(formatOf(file)).toBe(format);
  });

  it.each(["a.png", "svg", "a.svg/b", "a.SVG", "toString", "a.constructor", ""])(`of "%s" is refused`, (file) => {
    expect(() => formatOf(file)).toThrow("ends in none of .svg, .mmd");
  });
});
