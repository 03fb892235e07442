import { parse } from "libpg-query";
import { matchingTexts } from "./matching-texts.ts";
import { around, type Hint, ofLength, spread } from "./neighbours.ts";

type Node = Readonly<Record<string, unknown>>;

/** A side of a comparison: a column under functions, or constants. */
interface Side {
  readonly column?: string;
  readonly functions: readonly string[];
  readonly constants: readonly string[];
}

/** Reads hints from a CHECK's expression, as PostgreSQL writes it; in a domain's check, the column is `value`. */
export async function findHints(expression: string): Promise<Hint[]> {
  const { stmts } = await parse(`select ${expression}`);
  const comparisons = findAll(stmts, "A_Expr");
  const hints = await Promise.all(comparisons.map(hintsOf));
  return spread([...hints.flat(), ...keysOf(comparisons)]);
}

async function hintsOf(comparison: Node): Promise<Hint[]> {
  const operator = nameOf(comparison["name"]);
  const [left, right] = [sideOf(comparison["lexpr"]), sideOf(comparison["rexpr"])];
  const [subject, other] = left.column === undefined ? [right, left] : [left, right];
  const { column } = subject;
  if (column === undefined) return [];
  const closed = operator === "=" && subject.functions.length === 0 && comparison["kind"] === "AEXPR_OP_ANY";
  const values = await Promise.all(other.constants.map(async (one) => await valuesFor(operator, one, subject)));
  return [{ column, values: [...values.flat(), ...casesOf(subject, other)], closed }];
}

async function valuesFor(operator: string, constant: string, { functions }: Side): Promise<readonly string[]> {
  const [outer = ""] = functions;
  if (operator === "~" || operator === "~*") return await matchingTexts(constant);
  if (operator === "~~" || operator === "~~*")
    return [constant.replaceAll("%", ""), constant.replaceAll("%", "x")].map((one) => one.replaceAll("_", "a"));
  if (/^(jsonb?_typeof)$/.test(outer)) return jsonOf[constant] ?? [];
  if (/length$|^cardinality$/.test(outer))
    return outer.startsWith("array") || outer === "cardinality"
      ? arraysOf(Number(constant))
      : ofLength(Number(constant));
  if (outer === "num_nonnulls" || outer === "num_nulls") return [];
  return around(constant);
}

const jsonOf: Readonly<Record<string, readonly string[]>> = {
  object: ["{}", '{"a": 1}', '{"b": {"c": [true, null]}, "d": "Ä"}', '{"a": "x"}'],
  array: ["[]", "[1, 2]", '["a", {"b": 1}]'],
  string: ['"a"', '"Ärger"'],
  number: ["0", "1", "2.5"],
  boolean: ["true", "false"],
  null: ["null"],
};

/** Arrays of `length` or one more elements, of texts that most types accept. */
function arraysOf(length: number): string[] {
  if (!(length >= 0 && length < 100)) return [];
  return ["0", "1", "2"].flatMap((element) =>
    [length, length + 1].map((size) => `{${Array.from({ length: size }, () => element).join(",")}}`),
  );
}

/** Values for checks such as `lower(x) = x`. */
function casesOf(subject: Side, other: Side): string[] {
  const functions = [...subject.functions, ...other.functions];
  if (other.column !== subject.column || functions.length === 0) return [];
  return functions.includes("upper") ? ["ALPHA", "BRAVO 1", "ÄRGER", "X9"] : ["alpha", "bravo 1", "ärger", "x9"];
}

/** JSON objects with every key that the check looks at. */
function keysOf(comparisons: readonly Node[]): Hint[] {
  const keys = new Map<string, string[]>();
  for (const { name, lexpr, rexpr } of comparisons) {
    const [{ column }, { constants }] = [sideOf(lexpr), sideOf(rexpr)];
    if (column !== undefined && /^(\?|\?&|->|->>)$/.test(nameOf(name)))
      keys.set(column, [...(keys.get(column) ?? []), ...constants]);
  }
  return [...keys].map(([column, names]) => ({
    column,
    closed: false,
    values: ["a", "b", 1, 2, true].map((value) => JSON.stringify(Object.fromEntries(names.map((key) => [key, value])))),
  }));
}

function sideOf(node: unknown): Side {
  const [found] = entriesOf(node);
  if (!found) return { functions: [], constants: [] };
  const [kind, value] = found;
  if (kind === "ColumnRef") return { column: nameOf(value["fields"]), functions: [], constants: [] };
  if (kind === "A_Const") return { functions: [], constants: [constantOf(value)] };
  if (kind === "TypeCast") return sideOf(value["arg"]);
  if (kind === "CollateClause") return sideOf(value["arg"]);
  if (kind === "A_ArrayExpr") return joinSides((value["elements"] ?? []) as readonly unknown[]);
  if (kind === "A_Expr") return joinSides([value["lexpr"], value["rexpr"]]);
  if (kind !== "FuncCall") return { functions: [], constants: [] };
  const inner = joinSides((value["args"] ?? []) as readonly unknown[]);
  return { ...inner, functions: [nameOf(value["funcname"]), ...inner.functions] };
}

function joinSides(nodes: readonly unknown[]): Side {
  const sides = nodes.map(sideOf);
  const column = sides.find((side) => side.column !== undefined)?.column;
  return {
    ...(column === undefined ? {} : { column }),
    functions: sides.flatMap(({ functions }) => functions),
    constants: sides.flatMap(({ constants }) => constants),
  };
}

function entriesOf(node: unknown): [string, Node][] {
  return typeof node === "object" && node !== null ? (Object.entries(node) as [string, Node][]) : [];
}

/** libpg-query omits zero, false and the empty text. */
function constantOf({ ival, fval, sval, boolval }: Node): string {
  if (ival) return String((ival as { ival?: number }).ival ?? 0);
  if (fval) return (fval as { fval: string }).fval;
  if (boolval) return String((boolval as { boolval?: boolean }).boolval ?? false);
  return (sval as { sval?: string } | undefined)?.sval ?? "";
}

/** The last part of a name. */
function nameOf(parts: unknown): string {
  const last = ((parts ?? []) as readonly { String?: { sval?: string } }[]).at(-1);
  return last?.String?.sval ?? "";
}

function findAll(node: unknown, kind: string): Node[] {
  if (Array.isArray(node)) return node.flatMap((one) => findAll(one, kind));
  return entriesOf(node).flatMap(([key, value]) => [...(key === kind ? [value] : []), ...findAll(value, kind)]);
}
