import { type AnyEntity, Collection, Reference, ScalarReference, Utils, wrap } from "@mikro-orm/postgresql";

/** A property's value as it can be compared. */
export interface Cell {
  readonly type: string;
  readonly text: string;
}

/** An entity's values by property; `$class` is its class. */
export type State = Readonly<Record<string, Cell>>;

/** Takes an entity's values; with `depth` 1 those of its loaded relations too. */
export function stateOf(entity: AnyEntity, depth = 0): State {
  const meta = wrap(entity, true).__meta;
  const values = entity as Record<string, unknown>;
  const cells = Object.keys(meta.properties).map((name) => [name, cellOf(values[name], depth)] as const);
  return { $class: { type: "class", text: entity.constructor.name }, ...Object.fromEntries(cells) };
}

/** An entity's key as text. */
export function keyOf(entity: AnyEntity): string {
  // Declared as a text, but a number where the key is one.
  const key: unknown = wrap(entity, true).getSerializedPrimaryKey();
  return String(key);
}

/** Takes one value; with `depth` 1 those of a loaded relation too. */
export function cellOf(value: unknown, depth = 0): Cell {
  if (value === undefined || value === null) return { type: String(value), text: "\0null" };
  if (value instanceof Date) return { type: "date", text: Number.isNaN(+value) ? "invalid" : value.toISOString() };
  if (Buffer.isBuffer(value)) return { type: "buffer", text: value.toString("hex") };
  if (value instanceof Collection) return collectionCell(value, depth);
  if (value instanceof ScalarReference) return value.isInitialized() ? cellOf(value.unwrap(), depth) : lazy;
  if (value instanceof Reference) return cellOf(value.unwrap(), depth);
  if (Utils.isEntity(value)) return { type: "reference", text: relatedText(value, depth) };
  if (typeof value === "object") return { type: Array.isArray(value) ? "array" : "object", text: jsonOf(value) };
  return { type: typeof value, text: String(value) };
}

const lazy = { type: "lazy", text: "" };

function collectionCell(value: Collection<object>, depth: number): Cell {
  if (!value.isInitialized()) return { type: "collection", text: "not loaded" };
  const texts = value.getItems(false).map((item) => relatedText(item, depth));
  return { type: "collection", text: texts.sort().join(", ") };
}

function relatedText(entity: AnyEntity, depth: number): string {
  return depth && wrap(entity).isInitialized() ? jsonOf(stateOf(entity)) : keyOf(entity);
}

function jsonOf(value: object): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `${one}n` : one));
}

/** True where both are the same in type and text. */
export function isSame(one: Cell | undefined, other: Cell | undefined): boolean {
  return one?.type === other?.type && one?.text === other?.text;
}

/** True where both read the same as text: 5 and "5" and "5.00", null and undefined. */
export function isAlike(one: Cell | undefined, other: Cell | undefined): boolean {
  return withoutZeros(one?.text) === withoutZeros(other?.text);
}

function withoutZeros(text: string | undefined): string | undefined {
  return text && /^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, "") : text;
}
