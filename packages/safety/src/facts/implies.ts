import type { Node } from "@pgsql/types";
import { type Constraint, type Relation } from "../schema/schema.ts";
import { open, textOf, texts } from "../parse/syntax.ts";

/** True where a validated constraint of the table proves that the column is never null. */
export function provesNotNull(relation: Relation, column: string): boolean {
  return checksOf(relation).some(({ expression }) => impliesNotNull(expression, column));
}

/** The constraint that would prove it, were it validated; undefined where there is none. */
export function findUnvalidatedProof(relation: Relation, column: string): Constraint | undefined {
  const unproven = [...relation.constraints.values()].filter(({ validated }) => !validated);
  return unproven.find(
    ({ kind, columns, expression }) =>
      (kind === "not null" && columns.includes(column)) || (kind === "check" && impliesNotNull(expression, column)),
  );
}

function checksOf(relation: Relation): Constraint[] {
  return [...relation.constraints.values()].filter(
    ({ kind, validated, enforced }) => kind === "check" && validated && enforced,
  );
}

/**
 * True where a check with this expression lets no null into the column: `c IS NOT NULL`, alone, among ANDs, or in each
 * branch of an OR. A comparison proves nothing, for a check passes on null.
 */
export function impliesNotNull(expression: Node | undefined, column: string): boolean {
  const { kind, value } = open(expression);
  if (kind === "BoolExpr") {
    const args = (value["args"] ?? []) as Node[];
    if (value["boolop"] === "AND_EXPR") return args.some((one) => impliesNotNull(one, column));
    if (value["boolop"] === "OR_EXPR") return args.every((one) => impliesNotNull(one, column));
    return args.some((one) => isNullTest(one, column, "IS_NULL"));
  }
  return isNullTest(expression, column, "IS_NOT_NULL");
}

function isNullTest(expression: Node | undefined, column: string, type: string): boolean {
  const { kind, value } = open(expression);
  return kind === "NullTest" && value["nulltesttype"] === type && columnOf(value["arg"] as Node) === column;
}

/** The column of a plain reference; undefined for any other expression. */
function columnOf(node: Node | undefined): string | undefined {
  const { kind, value } = open(node);
  return kind === "ColumnRef" ? texts(value["fields"] as Node[]).at(-1) : undefined;
}

/** A bound of a range or list partition on one column. */
export interface Bound {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly values: readonly string[] | undefined;
}

/** Reads `FOR VALUES FROM … TO …` or `IN (…)` of one column; undefined for several columns, hashes and defaults. */
export function readBound(node: Node | undefined): Bound | undefined {
  if (!node || !("PartitionBoundSpec" in node)) return undefined;
  const { listdatums, lowerdatums = [], upperdatums = [], strategy } = node.PartitionBoundSpec;
  if (strategy === "l") return { from: undefined, to: undefined, values: (listdatums ?? []).map(constant) };
  if (strategy !== "r" || lowerdatums.length !== 1) return undefined;
  return { from: limit(lowerdatums[0]), to: limit(upperdatums[0]), values: undefined };
}

/** Stands for NULL among constants. */
const nothing = "null\0";

function constant(node: Node): string {
  const bare = strip(node);
  const isNull = bare !== undefined && "A_Const" in bare && bare.A_Const.isnull === true;
  return isNull ? nothing : (textOf(bare) ?? JSON.stringify(node));
}

/** MINVALUE and MAXVALUE are no limit; the parser gives them as names. */
function limit(node: Node | undefined): string | undefined {
  const name = columnOf(node);
  return name === "minvalue" || name === "maxvalue" ? undefined : constant(node as Node);
}

/** A constant without its casts. */
function strip(node: Node | undefined): Node | undefined {
  const { kind, value } = open(node);
  return kind === "TypeCast" ? strip(value["arg"] as Node) : node;
}

/** True where validated checks of the table prove the whole bound of a partition on `column`, NOT NULL too. */
export function provesBound(relation: Relation, column: string, bound: Bound): boolean {
  const isNotNull = relation.columns.get(column)?.notNull === true || provesNotNull(relation, column);
  const terms = checksOf(relation).flatMap(({ expression }) => conjuncts(expression));
  const isProven = (operators: readonly string[], value: string, isWithin: (order: number) => boolean) =>
    terms.some((term) => {
      const one = comparison(term, column);
      if (one === undefined || !operators.includes(one.operator)) return false;
      // An upper bound is exclusive: `<=` or `=` of the same value lets it in.
      const isExact = one.value === value && (isWithin(1) || one.operator === "<");
      return isExact || isWithin(order(one.value, value));
    });
  const isListed = !bound.values || terms.some((term) => isListedIn(term, column, bound.values ?? []));
  const low = bound.from === undefined || isProven([">=", ">", "="], bound.from, (one) => one > 0);
  const high = bound.to === undefined || isProven(["<", "<=", "="], bound.to, (one) => one < 0);
  return isNotNull && isListed && low && high;
}

/**
 * True where validated checks of a default partition prove that no row of it is within the bound: `c < from`,
 * `c >= to`, one of both, or NOT of the bound. A null is in no other partition, so that NOT NULL is not asked for.
 */
export function excludesBound(relation: Relation, column: string, bound: Bound): boolean {
  // Every check lets a null pass.
  if (bound.values?.includes(nothing)) return false;
  return checksOf(relation).some(({ expression }) => conjuncts(expression).some((one) => excludes(one, column, bound)));
}

function excludes(term: Node, column: string, bound: Bound): boolean {
  const { kind, value } = open(term);
  if (kind === "BoolExpr") {
    const args = (value["args"] ?? []) as Node[];
    if (value["boolop"] === "OR_EXPR") return args.every((one) => excludes(one, column, bound));
    if (value["boolop"] === "NOT_EXPR") return args.some((one) => containsBound(one, column, bound));
    return args.some((one) => excludes(one, column, bound));
  }
  if (isNullTest(term, column, "IS_NULL")) return true;
  if (bound.values) return excludesValues(term, column, bound.values);
  const one = comparison(term, column);
  if (!one) return false;
  const below = bound.from !== undefined && isBelow(one, bound.from);
  const above = bound.to !== undefined && isFrom(one, bound.to);
  return below || above;
}

function excludesValues(term: Node, column: string, values: readonly string[]): boolean {
  const listed = listOf(term, column);
  if (!listed) return false;
  if (listed.negated) return values.every((value) => listed.values.includes(value));
  return listed.values.every((one) => values.every((value) => one !== value && order(one, value) !== 0));
}

type Comparison = NonNullable<ReturnType<typeof comparison>>;

/** True where the comparison lets only values below `limit` in. */
function isBelow({ operator, value }: Comparison, limit: string): boolean {
  if (operator === "<") return value === limit || order(value, limit) <= 0;
  return (operator === "<=" || operator === "=") && order(value, limit) < 0;
}

/** True where the comparison lets only values from `limit` on in. */
function isFrom({ operator, value }: Comparison, limit: string): boolean {
  return [">=", ">", "="].includes(operator) && (value === limit || order(value, limit) >= 0);
}

/** True where all that is within the bound meets the expression, so that its NOT leaves nothing of the bound. */
function containsBound(expression: Node, column: string, bound: Bound): boolean {
  if (bound.values) {
    const listed = listOf(expression, column);
    return bound.values.every((value) => listed?.values.includes(value) && !listed.negated);
  }
  return conjuncts(expression).every((term) => {
    const one = comparison(term, column);
    if (!one) return isNullTest(term, column, "IS_NOT_NULL");
    const { operator, value } = one;
    if (operator === ">=") return bound.from !== undefined && (value === bound.from || order(value, bound.from) <= 0);
    return operator === "<" && bound.to !== undefined && (value === bound.to || order(value, bound.to) >= 0);
  });
}

/** Which of two constants is larger, for numbers and dates; NaN for what PostgreSQL may order in another way. */
function order(one: string, other: string): number {
  const isDate = (text: string) => /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?$/.test(text);
  if (isDate(one) && isDate(other)) return one < other ? -1 : one > other ? 1 : 0;
  const [a, b] = [Number(one), Number(other)];
  return Number.isNaN(a) || Number.isNaN(b) ? NaN : a - b;
}

function conjuncts(expression: Node | undefined): Node[] {
  const { kind, value } = open(expression);
  if (kind === "BoolExpr" && value["boolop"] === "AND_EXPR")
    return ((value["args"] ?? []) as Node[]).flatMap(conjuncts);
  return expression ? [expression] : [];
}

const mirrored: Readonly<Record<string, string>> = { "<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>" };

/** `column operator constant`, whichever side the column is on. */
function comparison(node: Node, column: string): { operator: string; value: string } | undefined {
  const { kind, value } = open(node);
  if (kind !== "A_Expr" || value["kind"] !== "AEXPR_OP") return undefined;
  const [operator = ""] = texts(value["name"] as Node[]);
  const [left, right] = [value["lexpr"] as Node, value["rexpr"] as Node];
  if (columnOf(left) === column) return { operator, value: constant(right) };
  if (columnOf(right) === column) return { operator: mirrored[operator] ?? "", value: constant(left) };
  return undefined;
}

/** True where the term lets only some of `values` in. */
function isListedIn(term: Node, column: string, values: readonly string[]): boolean {
  const listed = listOf(term, column);
  return listed !== undefined && !listed.negated && listed.values.every((item) => values.includes(item));
}

interface Listed {
  readonly values: readonly string[];
  /** True: `<>` or NOT IN. */
  readonly negated: boolean;
}

/** The constants of `c = 1`, `c IN (…)`, `c = ANY (…)` and their opposites; undefined for any other expression. */
function listOf(node: Node, column: string): Listed | undefined {
  const one = comparison(node, column);
  if (one)
    return ["=", "<>"].includes(one.operator) ? { values: [one.value], negated: one.operator === "<>" } : undefined;
  const { kind, value } = open(node);
  if (kind !== "A_Expr" || columnOf(value["lexpr"] as Node) !== column) return undefined;
  const right = strip(value["rexpr"] as Node);
  const list = Array.isArray(right) ? right : (open(right).value["elements"] ?? open(right).value["items"]);
  const [operator] = texts(value["name"] as Node[]);
  const isKnown = { AEXPR_IN: ["=", "<>"], AEXPR_OP_ANY: ["="], AEXPR_OP_ALL: ["<>"] }[String(value["kind"])];
  if (!isKnown?.includes(operator ?? "") || !Array.isArray(list)) return undefined;
  return { values: (list as Node[]).map(constant), negated: operator === "<>" };
}
