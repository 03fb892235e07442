import { type Draft, inside, type Kind } from "./kinds-inside.ts";
import { outside } from "./kinds-outside.ts";
import { adding, type Migration } from "./migration.ts";
import { createRandom, type Random } from "./random.ts";
import { countersEach, countSlowlySql, countSql, type World } from "./world.ts";

/** Generates a history of 12 to 20 migrations, the same for the same seed: first the counters, then random kinds. */
export function generateHistory(seed: string): Migration[] {
  const random = createRandom(`history ${seed}`);
  const stock = { tables: [], indexes: [], enums: [], partitioned: [] };
  const length = random.int(12, 20);
  const kinds = [...opening, ...Array.from({ length: length - opening.length - 1 }, () => pickKind(random))];
  const drafts = kinds.map((wanted, index): Migration => {
    const id = idOf(index + 1);
    const kind = isPossible(wanted, stock) ? wanted : "outside data";
    return complete(id, kind, kindOf(kind)(worldOf(id, random, stock)));
  });
  return [countersFor(length), ...drafts];
}

type KindName = `inside ${keyof typeof inside}` | `outside ${keyof typeof outside}`;

// These come first because other kinds build on them.
const opening: readonly KindName[] = [
  "inside table",
  "inside enum",
  "inside partitions",
  "inside table",
  "outside data",
];

/** Non-transactional steps are more frequent: only they can be left half done by a cut. */
function pickKind(random: Random): KindName {
  return random.chance(0.45)
    ? `inside ${random.pick(Object.keys(inside) as (keyof typeof inside)[])}`
    : `outside ${random.weighted({
        createIndex: 3,
        dropIndex: 2,
        indexAlone: 1,
        uniqueIndex: 1,
        reindex: 1,
        detach: 2,
        data: 3,
        addValue: 2,
        vacuum: 2,
        definitions: 2,
        validate: 1,
        computed: 1,
        commits: 1,
      })}`;
}

/** Objects that migrations leave for later ones. */
type Stock = Pick<World, "tables" | "indexes" | "enums" | "partitioned">;

function isPossible(kind: KindName, { indexes, partitioned }: Stock): boolean {
  if (kind === "outside dropIndex") return indexes.length > 0;
  return kind !== "outside detach" || partitioned.length > 0;
}

function kindOf(name: KindName): Kind {
  const [place, kind] = name.split(" ") as ["inside" | "outside", string];
  const found = ({ inside, outside } as Record<string, Record<string, Kind>>)[place]?.[kind];
  if (!found) throw new Error(`no kind of migration is called ${name}`);
  return found;
}

function worldOf(id: string, random: Random, stock: Stock): World {
  return {
    ...stock,
    id,
    random,
    count: (direction, statement) => countSql(id, direction, statement),
    countSlowly: (direction, statement) => countSlowlySql(id, direction, statement, random.int(10, 100)),
  };
}

function idOf(index: number): string {
  return String(index).padStart(2, "0");
}

function complete(id: string, kind: string, { unresumable = false, unique, up, down }: Draft): Migration {
  const transactional = !kind.startsWith("outside");
  return { name: nameOf(id, kind), id, kind, transactional, unresumable, unique, up, down };
}

function nameOf(id: string, kind: string): string {
  return `Migration202401010${id}000_${kind.replace(" ", "_")}`;
}

/** The first migration: a counter row for each statement that counts its own executions. */
function countersFor(length: number): Migration {
  return complete("00", "inside counters", {
    up: adding(
      "create table counters (id text primary key, n int not null)",
      `insert into counters select lpad(m::text, 2, '0') || '.' || d || '.' || s, 0
         from generate_series(1, ${length - 1}) as m, (values ('up'), ('down')) as w (d), generate_series(1, ${countersEach}) as s`,
    ),
    down: adding("drop table counters"),
  });
}
