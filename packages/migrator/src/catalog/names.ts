/** The parts of a qualified name, each as SQL takes it: `public."Users".email` has three. */
export function partsOf(name: string): string[] {
  return name.match(/"(?:[^"]|"")*"|[^."]+/g) ?? [];
}

/** The last part of a qualified name. */
export function lastPart(name: string): string {
  return partsOf(name).at(-1) ?? name;
}

/** A name as people write it: without `public`. */
export function shorten(name: string): string {
  return name.replaceAll(/(?<![\w"])public\./g, "");
}

/** An identifier as it is stored, without its quotes. */
export function unquote(identifier: string): string {
  return identifier.startsWith('"') ? identifier.slice(1, -1).replaceAll('""', '"') : identifier;
}

/** Puts one identifier in the place of another wherever SQL names it; `name(` is a function's unless it is qualified. */
export function replaceIdentifier(text: string, from: string, to: string): string {
  const call = partsOf(from).length > 1 ? "" : "(";
  const escaped = from.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replaceAll(new RegExp(`(?<![\\w"'])${escaped}(?![\\w"'${call}])`, "g"), () => to);
}
