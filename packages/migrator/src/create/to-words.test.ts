import { describe, expect, it } from "vitest";
import { toWords } from "./to-words.ts";

describe("the words in a migration's name", () => {
  it.each([
    ["Add the library", "add_the_library"],
    ["addWidgets", "add_widgets"],
    [" add-widgets! ", "add_widgets"],
    ["größe ändern", "groesse_aendern"],
    ["gro\u0308ße a\u0308ndern", "groesse_aendern"],
    ["ÜberGröße", "ueber_groesse"],
    ["añadir niño", "anadir_nino"],
    ["œuvre, déjà vu", "oeuvre_deja_vu"],
    ["Łódź ığ", "lodz_ig"],
    ["добавить поле", "dobavit_pole"],
    ["προσθήκη", "prosthiki"],
    ["ship it 🚀", "ship_it"],
  ])("of %s are %s", (name, words) => {
    expect(toWords(name)).toBe(words);
  });

  it("lose no letter: what cannot be written from a to z is refused by name", () => {
    expect(() => toWords("add 用户")).toThrow(`"用户" cannot be written in the letters from a to z`);
  });

  it.each(["", "!!", "x".repeat(101)])("are refused where there are none, or too many: %s", (name) => {
    expect(() => toWords(name)).toThrow("does not name a migration");
  });
});
