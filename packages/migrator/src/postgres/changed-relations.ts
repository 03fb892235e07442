import { parseAll } from "./parse.ts";

/** Names of tables, views, sequences and indexes that a text of SQL names without a schema. */
export interface ChangedRelations {
  /** What it changes, fills, empties or drops. */
  readonly changed: readonly string[];
  /** What it makes. */
  readonly made: readonly string[];
}

/** Finds what a text of SQL changes and makes. Nothing where PostgreSQL's parser does not take the text. */
export async function findChangedRelations(sql: string): Promise<ChangedRelations> {
  const found = (await parseAll(sql)).flatMap(visit);
  const namesOf = (kind: Found["kind"]) => found.flatMap((one) => (one.kind === kind ? one.names : []));
  return { changed: namesOf("changed"), made: namesOf("made") };
}

interface Found {
  readonly kind: "changed" | "made";
  readonly names: readonly string[];
}

type Tree = Readonly<Record<string, unknown>>;

/** Under which key a statement has what it changes. */
const changers: Readonly<Record<string, string>> = {
  AlterTableStmt: "relation",
  RenameStmt: "relation",
  TruncateStmt: "relations",
  DeleteStmt: "relation",
  UpdateStmt: "relation",
  InsertStmt: "relation",
  MergeStmt: "relation",
  IndexStmt: "relation",
  CreateTrigStmt: "relation",
  RuleStmt: "relation",
  CreatePolicyStmt: "table",
  AlterPolicyStmt: "table",
  AlterSeqStmt: "sequence",
  DropStmt: "objects",
};

const makers: Readonly<Record<string, string>> = {
  CreateStmt: "relation",
  IntoClause: "rel",
  ViewStmt: "view",
  CreateSeqStmt: "sequence",
  IndexStmt: "idxname",
  RenameStmt: "newname",
};

const droppedRelations: ReadonlySet<unknown> = new Set(
  ["TABLE", "VIEW", "MATVIEW", "SEQUENCE", "INDEX"].map((name) => `OBJECT_${name}`),
);

function visit(tree: unknown): Found[] {
  if (typeof tree !== "object" || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => {
    const node = (typeof value === "object" && value !== null ? value : {}) as Tree;
    const isOther = key === "DropStmt" && !droppedRelations.has(node["removeType"]);
    const [changer, maker] = [isOther ? undefined : changers[key], key === "into" ? "rel" : makers[key]];
    return [
      ...(changer === undefined ? [] : [{ kind: "changed" as const, names: namesIn(node[changer]) }]),
      ...(maker === undefined ? [] : [{ kind: "made" as const, names: namesIn(node[maker]) }]),
      ...visit(value),
    ];
  });
}

/** The names without a schema, of one relation or of several. */
function namesIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(namesIn);
  const { relname, schemaname, RangeVar, List } = (value ?? {}) as Tree;
  if (RangeVar !== undefined) return namesIn(RangeVar);
  if (typeof relname === "string") return schemaname === undefined ? [relname] : [];
  const items = ((List as Tree | undefined)?.["items"] ?? []) as readonly { String?: { sval?: string } }[];
  return items.length === 1 ? items.flatMap((one) => one.String?.sval ?? []) : [];
}
