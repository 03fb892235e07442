import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import type { Diagram, DiagramColumn, DiagramTable, Relation } from "./diagram.ts";
import { type Layout, layOut } from "./layout.ts";
import { renderMermaid } from "./mermaid.ts";
import { fitOnPage } from "./page.ts";
import { renderSvg } from "./svg.ts";

const plain = { nullable: false, primaryKey: false, foreignKey: false, unique: false };
const column = (name: string, more: Partial<DiagramColumn> = {}): DiagramColumn => ({
  ...plain,
  name,
  type: "integer",
  ...more,
});
const table = (name: string, columns: DiagramColumn[] = [column("id", { primaryKey: true })]): DiagramTable => ({
  name,
  schema: "public",
  columns,
  uniques: [],
});
const relation = (from: string, to: string, more: Partial<Relation> = {}): Relation => ({
  from,
  columns: ["id"],
  to,
  referencedColumns: ["id"],
  cardinality: "many-to-one",
  optional: false,
  onDelete: "cascade",
  ...more,
});
const of = (
  tables: DiagramTable[],
  relations: Relation[] = [],
  areas = [{ name: "", tables: tables.map(({ name }) => name) }],
): Diagram => ({ areas, tables, relations });

/** Many tables in several areas, with lines within and between them. */
function manyTables(count: number): Diagram {
  const names = Array.from({ length: count }, (_, index) => `table_${index}`);
  const tables = names.map((name, index) =>
    table(
      name,
      Array.from({ length: 2 + (index % 9) }, (_, n) => column(n === 0 ? "id" : `c${n}`)),
    ),
  );
  const relations = names.flatMap((name, index) => [
    relation(name, names[(index * 7) % count] ?? name, { columns: ["c1"], optional: index % 2 === 0 }),
    ...(index % 3 === 0 ? [relation(name, names[(index * 5 + 3) % count] ?? name, { onDelete: "set null" })] : []),
  ]);
  const areas = [0, 1, 2, 3].map((area) => ({
    name: `Area ${area}`,
    tables: names.filter((_, index) => (area === 0 ? index < count / 2 : index >= count / 2 && index % 3 === area - 1)),
  }));
  return of(tables, relations, areas);
}

/** The tables that a line crosses; a line may touch the border of the tables that it links. */
function crossings({ tables, relations }: Layout): string[] {
  return relations.flatMap(({ points }) =>
    points.slice(1).flatMap((end, index) => {
      const start = points[index] ?? end;
      const [left, right] = [Math.min(start.x, end.x), Math.max(start.x, end.x)];
      const [top, bottom] = [Math.min(start.y, end.y), Math.max(start.y, end.y)];
      return tables
        .filter((box) => left < box.x + box.width && right > box.x && top < box.y + box.height && bottom > box.y)
        .map(({ name }) => name);
    }),
  );
}

function overlaps(boxes: readonly { x: number; y: number; width: number; height: number }[]): number {
  return boxes.filter((a, index) =>
    boxes
      .slice(index + 1)
      .some((b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height),
  ).length;
}

describe("a layout", () => {
  it.each([1, 2, 5, 14, 40])(
    "of %i tables has no line through a table, and nothing lies upon anything",
    async (count) => {
      const layout = await layOut(manyTables(count));
      expect(layout.tables).toHaveLength(count);
      expect(crossings(layout)).toEqual([]);
      expect(overlaps(layout.tables)).toBe(0);
      expect(overlaps(layout.areas.filter((area) => area.width > 0))).toBe(0);
    },
  );

  it("draws every line from the referenced table to the referencing one, at right angles", async () => {
    const layout = await layOut(manyTables(14));
    const boxes = new Map(layout.tables.map((box) => [box.name, box]));
    for (const {
      relation: { from, to },
      points,
    } of layout.relations) {
      const touches = (name: string, point = points[0]) => {
        const box = boxes.get(name);
        return (
          box !== undefined &&
          point !== undefined &&
          [box.x, box.x + box.width].includes(point.x) &&
          point.y > box.y &&
          point.y < box.y + box.height
        );
      };
      expect(touches(to)).toBe(true);
      expect(touches(from, points.at(-1))).toBe(true);
      expect(
        points.slice(1).every((point, index) => point.x === points[index]?.x || point.y === points[index]?.y),
      ).toBe(true);
    }
  });

  it("stays within the picture, and is the same every time", async () => {
    const layout = await layOut(manyTables(20));
    const points = layout.relations.flatMap((line) => line.points);
    expect(points.every(({ x, y }) => x >= 0 && y >= 0 && x <= layout.width && y <= layout.height)).toBe(true);
    expect(await layOut(manyTables(20))).toEqual(layout);
  });
});

describe("an SVG picture", () => {
  const draw = async (diagram: Diagram) => renderSvg(diagram, await layOut(diagram));

  it("is well-formed whatever the names are, and shows them", async () => {
    const odd = [`Odd "name" <&> ]]>`, "snow ☃ 😀", "tab\there", "bell\u0007", "turned\u202e", "--></svg>"];
    const svg = await draw(of(odd.map((name) => table(name, [column(name, { type: `"<${name}>"` })]))));
    expect(XMLValidator.validate(svg)).toBe(true);
    expect(svg).toContain("Odd &#34;name&#34; &#60;&#38;&#62; ]]&#62;");
    expect(svg).toContain("snow ☃ 😀");
    expect(svg).not.toContain("\u0007");
    expect(svg).not.toContain("\u202e");
  });

  it("has a title, a description, and a light ground of its own", async () => {
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(
      await draw(of([table("users")], [relation("users", "users")])),
    );
    expect(parsed.svg.title["#text"]).toBe("Database schema");
    expect(parsed.svg.desc["#text"]).toBe("1 table, 1 relation. users");
    expect(parsed.svg.rect["@_fill"]).toBe("#ffffff");
  });

  it("is drawn of an empty schema, too", async () => {
    expect(XMLValidator.validate(await draw(of([], [], [])))).toBe(true);
  });

  it("leaves room for every letter of a table", async () => {
    const long = column("a_column_with_a_name_of_sixty_three_letters_as_long_as_names_can_", {
      type: "timestamptz(3)",
      nullable: true,
    });
    const { tables } = await layOut(of([{ ...table("t", [long]), uniques: ["x".repeat(200)] }]));
    expect(tables[0]?.width).toBeGreaterThan((long.name.length + long.type.length + 1) * 6.6);
    expect(tables[0]?.box.notes[0]).toHaveLength(44);
  });

  it.each([
    [1391, 998, "A4 landscape"],
    [2000, 1400, "A3 landscape"],
    [100, 100, "A4 landscape"],
    [20_000, 20_000, "A0 landscape"],
  ])("of %i by %i pixels goes on a page of %s", (width, height, name) => {
    expect(fitOnPage(width, height).name).toBe(name);
  });
});

describe("a Mermaid picture", () => {
  it("names tables, columns, keys and relations", () => {
    const users = table("users", [
      column("id", { primaryKey: true }),
      column("email", { type: "varchar(255)", unique: true }),
    ]);
    const notes = table("notes", [
      column("user_id", { primaryKey: true, foreignKey: true }),
      column("price", { type: "numeric(10,2)", nullable: true }),
    ]);
    const areas = [
      { name: "People", tables: ["users"] },
      { name: "Rest", tables: ["notes"] },
    ];
    const relations = [
      relation("notes", "users", { columns: ["user_id"] }),
      relation("users", "users", { columns: ["id"], optional: true, cardinality: "one-to-one", onDelete: "set null" }),
    ];
    expect(renderMermaid(of([users, notes], relations, areas))).toBe(`erDiagram
  %% People
  users {
    integer id PK
    varchar(255) email UK
  }
  %% Rest
  notes {
    integer user_id PK, FK
    numeric(10_2) price "null"
  }
  users ||--o{ notes : "user_id, on delete cascade"
  users |o--o| users : "id, on delete set null"
`);
  });

  it.each([
    ["order items", `table_1["order items"] {`],
    ["sales.orders", `table_1["sales.orders"] {`],
    [`a"b%<c>\\`, `table_1["a#34;b#37;#60;c#62;#92;"] {`],
    ["style", `table_1["style"] {`],
    ["Übung", `table_1["Übung"] {`],
  ])("gives a table that Mermaid would misread a name of its own: %s", (name, line) => {
    expect(renderMermaid(of([table(name)]))).toContain(`  ${line}\n`);
  });

  it("calls no table what another one is called", () => {
    const drawn = renderMermaid(of([table("a b"), table("table_1")]));
    expect(drawn).toContain(`  table_1_["a b"] {`);
  });

  it.each([
    [column("pk"), `integer pk_ "pk"`],
    [column("2nd col", { type: "double precision" }), `double_precision _2nd_col "2nd col"`],
    [column("a", { type: `"Odd type"` }), "_Odd_type_ a"],
    [column("über"), "integer über"],
  ])("writes a column as Mermaid reads it: %j", (given, line) => {
    expect(renderMermaid(of([table("t", [given])]))).toContain(`    ${line}\n`);
  });
});
