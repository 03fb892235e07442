/** The parts of a qualified name, still quoted: `public."Users".email` has three. */
export function partsOf(name: string): string[] {
  return name.match(/"(?:[^"]|"")*"|[^."]+/g) ?? [];
}

/** The last part of a qualified name. */
export function lastPart(name: string): string {
  return partsOf(name).at(-1) ?? name;
}

/** A qualified name without its last part: the schema of a table. */
export function qualifierOf(name: string): string {
  return partsOf(name).slice(0, -1).join(".");
}

/** Removes `public.` from names in a text, for messages. */
export function shorten(name: string): string {
  return name.replaceAll(/(?<![\w"])public\./g, "");
}

/** An identifier as it is stored, without its quotes. */
export function unquote(identifier: string): string {
  return identifier.startsWith('"') ? identifier.slice(1, -1).replaceAll('""', '"') : identifier;
}

/** An identifier, quoted for SQL. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/**
 * Replaces one identifier by another wherever SQL names it. An unqualified name is not replaced before a bracket (a
 * function) or within quotes (a text); a qualified one is: `nextval('public.users_id_seq'::regclass)`.
 */
export function replaceIdentifier(text: string, from: string, to: string): string {
  const qualified = partsOf(from).length > 1;
  const escaped = from.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const [before, after] = qualified ? [`\\w".`, `\\w"`] : [`\\w"'`, `\\w"'(`];
  return text.replaceAll(new RegExp(`(?<![${before}])${escaped}(?![${after}])`, "g"), () => to);
}
