import transliterate from "@sindresorhus/transliterate";
import { ConfigurationError } from "../errors.ts";

/**
 * Turns a description into the words of a migration's name: `größe ändern` becomes `groesse_aendern`. Throws a
 * `ConfigurationError` where no such name can be made, or it would lose letters.
 */
export function toWords(name: string): string {
  const latin = transliterate(name.normalize("NFC")).normalize("NFD").replaceAll(/\p{M}/gu, "");
  const lost = latin.match(/[^\p{ASCII}]/gu)?.filter((sign) => /[\p{L}\p{N}]/u.test(sign)) ?? [];
  if (lost.length > 0)
    throw new ConfigurationError(
      `"${name}" does not name a migration: "${lost.join("")}" cannot be written in the letters from a to z; say it in those`,
    );
  const words = latin
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  if (words === "" || words.length > 100)
    throw new ConfigurationError(
      `"${name}" does not name a migration: say in a few words of letters and digits what it does, such as add_widgets`,
    );
  return words;
}
