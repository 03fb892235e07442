import type { Node } from "libpg-query";

/** The nodes of a parse tree by the name of their kind. */
type Nodes = { readonly [Kind in KindOf<Node>]: Extract<Node, Readonly<Record<Kind, unknown>>>[Kind] };
type KindOf<One> = One extends unknown ? keyof One : never;

/** A node with its kind. */
export type NodeOf<Kind extends keyof Nodes> = {
  readonly [One in Kind]: { readonly kind: One; readonly node: Nodes[One] };
}[Kind];

/**
 * The nodes of some kinds in a text of SQL, in their order and at whatever depth, in the bodies of DO blocks too. None
 * where PostgreSQL's parser does not take the text.
 */
export async function findNodes<Kind extends keyof Nodes>(
  sql: string,
  kinds: readonly Kind[],
): Promise<NodeOf<Kind>[]> {
  // A parser of 1 MB, loaded only where it is needed.
  const { parse } = await import("libpg-query");
  const found = collect(await parse(sql).catch(() => undefined), new Set<string>([...kinds, "DoStmt"]));
  const nested = found.map(async (one) => {
    if (one.kind !== "DoStmt") return [one as unknown as NodeOf<Kind>];
    const queries = await readQueries(one.node as Nodes["DoStmt"]);
    return (await Promise.all(queries.map(async (query) => await findNodes(query, kinds)))).flat();
  });
  return (await Promise.all(nested)).flat();
}

interface Found {
  readonly kind: string;
  readonly node: unknown;
}

/** What these statements contain is defined or planned, and not run. */
const definitions: ReadonlySet<string> = new Set([
  "CreateFunctionStmt",
  "RuleStmt",
  "PrepareStmt",
  "ExplainStmt",
  "ViewStmt",
]);

function collect(tree: unknown, kinds: ReadonlySet<string>): Found[] {
  return collectAll(tree, kinds, definitions);
}

function collectAll(tree: unknown, kinds: ReadonlySet<string>, closed: ReadonlySet<string> = new Set()): Found[] {
  if (typeof tree !== "object" || tree === null) return [];
  return Object.entries(tree).flatMap(([kind, node]) => [
    ...(kinds.has(kind) ? [{ kind, node }] : []),
    ...(closed.has(kind) ? [] : collectAll(node, kinds, closed)),
  ]);
}

/**
 * The parse trees of a text of SQL, and of what its DO blocks and functions of PL/pgSQL or SQL send. None where
 * PostgreSQL's parser does not take the text.
 */
export async function parseAll(sql: string): Promise<unknown[]> {
  const { parse } = await import("libpg-query");
  const tree = (await parse(sql).catch(() => undefined)) ?? (await parse(asQuery(sql)).catch(() => undefined));
  const functions = collectAll(tree, new Set(["CreateFunctionStmt"])).map(
    ({ node }) => node as Nodes["CreateFunctionStmt"],
  );
  const bodies = functions.flatMap((node) => readBody(node, "sql"));
  for (const program of functions.flatMap((node) => readBody(node, "plpgsql")))
    bodies.push(...(await readProgram(program)));
  for (const { node } of collectAll(tree, new Set(["DoStmt"])))
    bodies.push(...(await readQueries(node as Nodes["DoStmt"])));
  return [...(tree ? [tree] : []), ...(await Promise.all(bodies.map(parseAll))).flat()];
}

/** PL/pgSQL has expressions, and assignments of them, where SQL has queries. */
function asQuery(expression: string): string {
  return `select (${expression.replace(/^\s*[\w."[\]]+\s*:?=(?!=)/, "")})`;
}

/** What the body of a function sends, whatever it returns: a trigger's may return a row, others a value. */
async function readProgram(text: string): Promise<string[]> {
  for (const returned of ["trigger", "record", "void"]) {
    const found = await readPlPgSql(
      `create function f() returns ${returned} language plpgsql as $f_body$${text}$f_body$`,
    );
    if (found.length > 0) return found;
  }
  return [];
}

/** The body of a function in a language; none of one in another, or whose body is parsed already. */
function readBody({ options = [] }: Nodes["CreateFunctionStmt"], language: string): string[] {
  const valueOf = (name: string) =>
    options.flatMap((one) =>
      "DefElem" in one && one.DefElem.defname === name && one.DefElem.arg ? namesOf(one.DefElem.arg) : [],
    );
  return valueOf("language")[0]?.toLowerCase() === language ? valueOf("as").slice(0, 1) : [];
}

/** The SQL that a DO block of PL/pgSQL sends; what it puts together at run time is not among it. */
async function readQueries({ args = [] }: Nodes["DoStmt"]): Promise<string[]> {
  const body = args.map((one) => ("DefElem" in one ? one.DefElem : {})).find(({ defname }) => defname === "as")?.arg;
  const text = body && "String" in body ? (body.String.sval ?? "") : "";
  return await readPlPgSql(`do $do_block$${text}$do_block$`);
}

/** The SQL that the DO blocks and functions of PL/pgSQL in a text send. */
async function readPlPgSql(text: string): Promise<string[]> {
  const { parsePlPgSQL } = await import("libpg-query");
  const tree = await parsePlPgSQL(text).catch(() => undefined);
  return collect(tree, new Set(["query"])).flatMap(({ node }) => (typeof node === "string" ? [node] : []));
}

/** The parts of the name of an object that a statement names: the schema, if it has one, and the name. */
export function namesOf(object: Node): string[] {
  const items = "List" in object ? (object.List.items ?? []) : [object];
  return items.flatMap((one) => ("String" in one ? [one.String.sval ?? ""] : []));
}
