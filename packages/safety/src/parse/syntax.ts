import type { Node, RangeVar, TypeName } from "@pgsql/types";

/** A name as its parts: `["public", "users"]`, or `["users"]` where SQL leaves the schema to the search path. */
export type Name = readonly string[];

/** A type as SQL writes it, with aliases resolved as the parser does. */
export interface Type {
  /** `int4`, `varchar`, `numeric`; with its schema where that is not `pg_catalog`. */
  readonly name: string;
  /** `[255]` of `varchar(255)`; empty where none is given. */
  readonly modifiers: readonly number[];
  readonly isArray: boolean;
}

/** The kind of a node, and what is in it. */
export function open(node: Node | undefined): { kind: string; value: Record<string, unknown> } {
  const [entry] = Object.entries(node ?? {});
  return { kind: entry?.[0] ?? "", value: (entry?.[1] ?? {}) as Record<string, unknown> };
}

/** The name of a relation. */
export function nameOf(relation: RangeVar | undefined): Name {
  return [relation?.schemaname, relation?.relname].filter((part) => part !== undefined);
}

/** The texts of a list of `String` nodes: a qualified name, or column names. */
export function texts(nodes: readonly Node[] | undefined): string[] {
  return (nodes ?? []).flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []));
}

/** The name in an object of DROP, COMMENT and their like, which is a list, a type or a function. */
export function objectName(node: Node | undefined): Name {
  if (!node) return [];
  if ("List" in node) return texts(node.List.items);
  if ("TypeName" in node) return texts(node.TypeName.names);
  if ("ObjectWithArgs" in node) return texts(node.ObjectWithArgs.objname);
  return "String" in node ? [node.String.sval ?? ""] : [];
}

/** Reads a type. */
export function typeOf(type: TypeName | undefined): Type {
  const names = texts(type?.names);
  const name = names[0] === "pg_catalog" ? names.slice(1) : names;
  return {
    name: name.join("."),
    modifiers: (type?.typmods ?? []).flatMap((node) => numberOf(node) ?? []),
    isArray: (type?.arrayBounds ?? []).length > 0,
  };
}

/** The value of an integer constant, also of a negative one; undefined for anything else. */
export function numberOf(node: Node | undefined): number | undefined {
  if (node && "Integer" in node) return node.Integer.ival ?? 0;
  if (!node || !("A_Const" in node)) return undefined;
  const constant = node.A_Const;
  if (constant.fval?.fval !== undefined) return Number(constant.fval.fval);
  // The parser omits a zero.
  return constant.ival ? (constant.ival.ival ?? 0) : undefined;
}

/** The value of a text constant, or of a number as text; undefined for anything else. */
export function textOf(node: Node | undefined): string | undefined {
  if (node && "String" in node) return node.String.sval ?? "";
  if (!node || !("A_Const" in node)) return undefined;
  const { sval, boolval } = node.A_Const;
  if (sval) return sval.sval ?? "";
  if (boolval) return String(boolval.boolval ?? false);
  const number = numberOf(node);
  return number === undefined ? undefined : String(number);
}

/** Every node of a kind below `root`, itself included, in the order of the text. */
export function findAll<Kind extends string>(root: unknown, kind: Kind): Extract<Node, Record<Kind, unknown>>[Kind][] {
  if (Array.isArray(root)) return root.flatMap((one) => findAll(one, kind));
  if (root === null || typeof root !== "object") return [];
  return Object.entries(root).flatMap(([key, value]) => [
    ...(key === kind ? [value as never] : []),
    ...findAll(value, kind),
  ]);
}

/** The names of the columns that an expression refers to, without their tables. */
export function columnsIn(expression: unknown): string[] {
  return [...new Set(findAll(expression, "ColumnRef").map(({ fields }) => texts(fields).at(-1) ?? ""))];
}

/** Writes a type as PostgreSQL does: `varchar(255)`, `int4[]`. */
export function writeType({ name, modifiers, isArray }: Type): string {
  return `${name}${modifiers.length > 0 ? `(${modifiers.join(",")})` : ""}${isArray ? "[]" : ""}`;
}

/** The shape of a kind of node. */
export type Is<Kind extends string> = Extract<Node, Record<Kind, unknown>>[Kind];

/** Reads the options of a list of `DefElem`, by their names in lower case; one without a value is `true`. */
export function optionsOf(nodes: readonly Node[] | undefined): Record<string, string> {
  const entries = (nodes ?? []).flatMap((node) => ("DefElem" in node ? [node.DefElem] : []));
  return Object.fromEntries(entries.map(({ defname = "", arg }) => [defname.toLowerCase(), optionText(arg)]));
}

function optionText(arg: Node | undefined): string {
  if (!arg) return "true";
  const { value } = open(arg);
  return (
    numberOf(arg)?.toString() ??
    textOf(arg) ??
    [texts(value["names"] as Node[] | undefined).join("."), String(Object.values(value)[0] ?? "")].find(Boolean) ??
    ""
  );
}

/** True where the list has an option of that name that is not switched off. */
export function hasOption(nodes: readonly Node[] | undefined, name: string): boolean {
  const value = optionsOf(nodes)[name];
  return value !== undefined && !/^(false|off|no|0)$/i.test(value);
}
