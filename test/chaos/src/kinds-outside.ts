import type { Kind } from "./kinds-inside.ts";
import { addSql, adding, type Body, type Direction, execute } from "./migration.ts";
import type { World } from "./world.ts";

/** Non-transactional migrations (`isTransactional() { return false }`), by kind. */
export const outside = {
  createIndex({ id, random, tables, indexes, count, countSlowly }) {
    const { name } = random.pick(tables);
    const unique = random.chance(0.5) ? "unique " : "";
    const index = { name: `i${id}`, definition: `on ${name} (n, id)` };
    const [ifNot, ifThere] = random.chance(0.3) ? ["if not exists ", "if exists "] : ["", ""];
    indexes.push(index);
    return {
      up: adding(
        countSlowly("up", 1),
        `create ${unique}index concurrently ${ifNot}${index.name} ${index.definition}`,
        count("up", 2),
      ),
      down: adding(count("down", 1), `drop index concurrently ${ifThere}${index.name}`, countSlowly("down", 2)),
    };
  },
  dropIndex({ random, indexes, count, countSlowly }) {
    const [index] = indexes.splice(random.int(0, indexes.length - 1), 1);
    if (!index) throw new Error("no index to drop");
    return {
      up: adding(count("up", 1), `drop index concurrently ${index.name}`, countSlowly("up", 2)),
      down: adding(
        countSlowly("down", 1),
        `create index concurrently ${index.name} ${index.definition}`,
        count("down", 2),
      ),
    };
  },
  indexAlone({ id, random, tables, indexes }) {
    const { name } = random.pick(tables);
    const index = { name: `j${id}`, definition: `on ${name} (label)` };
    indexes.push(index);
    return {
      up: adding(`create index concurrently ${index.name} ${index.definition}`),
      down: adding(`drop index concurrently ${index.name}`),
    };
  },
  uniqueIndex({ id, random, tables, count, countSlowly }) {
    const { name } = random.pick(tables);
    return {
      up: adding(count("up", 1), `create unique index concurrently q${id} on ${name} (label)`, countSlowly("up", 2)),
      down: adding(count("down", 1), `drop index concurrently q${id}`, count("down", 2)),
      unique: name,
    };
  },
  reindex({ random, tables, count, countSlowly }) {
    const { name } = random.pick(tables);
    return {
      up: adding(countSlowly("up", 1), `reindex index concurrently ${name}_pkey`, count("up", 2)),
      down: adding(count("down", 1), `reindex table concurrently ${name}`, countSlowly("down", 2)),
      unresumable: true,
    };
  },
  detach({ partitioned, count, countSlowly }) {
    const name = partitioned.pop();
    if (name === undefined) throw new Error("no partition to detach");
    return {
      up: adding(
        count("up", 1),
        `alter table ${name} detach partition ${name}_high concurrently`,
        countSlowly("up", 2),
        `alter table ${name}_high drop constraint if exists ${name}_high_id_check`,
      ),
      down: adding(
        countSlowly("down", 1),
        `alter table ${name} attach partition ${name}_high for values from (10) to (20)`,
        count("down", 2),
      ),
      unresumable: true,
    };
  },
  data({ random, tables, count, countSlowly }) {
    const { name } = random.pick(tables);
    return {
      up: adding(
        count("up", 1),
        countSlowly("up", 2),
        `update ${name} set n = n + 1`,
        `${count("up", 3)}; ${countSlowly("up", 4)}`,
        count("up", 5),
      ),
      down: adding(
        countSlowly("down", 1),
        `update ${name} set n = n - 1`,
        countSlowly("down", 2),
        count("down", 3),
        count("down", 4),
      ),
    };
  },
  addValue({ id, random, enums, count, countSlowly }) {
    const one = random.pick(enums);
    const values = (list: readonly string[]) => list.map((value) => `'${value}'`).join(", ");
    const before = [...one.values];
    one.values.push(`v${id}`);
    const { name, table } = one;
    return {
      up: adding(
        `alter type ${name} add value 'v${id}'`,
        countSlowly("up", 1),
        `insert into ${table} values (${Number(id)}, 'v${id}')`,
        count("up", 2),
      ),
      down: adding(
        count("down", 1),
        `delete from ${table} where mood = 'v${id}'`,
        `alter table ${table} alter column mood type text`,
        countSlowly("down", 2),
        `drop type ${name}`,
        `create type ${name} as enum (${values(before)})`,
        `alter table ${table} alter column mood type ${name} using mood::${name}`,
        count("down", 3),
      ),
    };
  },
  vacuum({ random, tables, count, countSlowly }) {
    const { name } = random.pick(tables);
    return {
      up: adding(countSlowly("up", 1), `vacuum (analyze) ${name}`, count("up", 2)),
      down: adding(count("down", 1), `vacuum ${name}`, countSlowly("down", 2)),
      unresumable: true,
    };
  },
  definitions({ id, count, countSlowly }) {
    return {
      up: adding(
        `create table o${id} (id int primary key, n int not null)`,
        countSlowly("up", 1),
        `insert into o${id} select i, i from generate_series(1, 20) as i`,
        `create view w${id} as select sum(n) as total from o${id}`,
        `do $$ begin ${count("up", 2)}; end $$`,
        `alter table o${id} add column label text`,
      ),
      down: adding(
        `alter table o${id} drop column label`,
        count("down", 1),
        `drop view w${id}`,
        countSlowly("down", 2),
        `drop table o${id}`,
        count("down", 3),
      ),
    };
  },
  validate({ id, random, tables, count, countSlowly }) {
    const { name } = random.pick(tables);
    return {
      up: adding(
        `alter table ${name} add constraint x${id} check (n > -1000) not valid`,
        countSlowly("up", 1),
        `alter table ${name} validate constraint x${id}`,
        count("up", 2),
      ),
      down: adding(countSlowly("down", 1), `alter table ${name} drop constraint x${id}`, count("down", 2)),
    };
  },
  computed(world) {
    return { up: computedBody(world, "up"), down: computedBody(world, "down"), unresumable: true };
  },
  commits({ random, count }) {
    const pause = (random.int(10, 50) / 1000).toFixed(3);
    const block = (direction: Direction) =>
      `do $$ begin for i in 1..3 loop ${count(direction, 2)}; commit; perform pg_sleep(${pause}); end loop; end $$`;
    const body = (direction: Direction) => adding(count(direction, 1), block(direction), count(direction, 3));
    return { up: body("up"), down: body("down"), unresumable: true };
  },
} satisfies Record<string, Kind>;

function computedBody({ count, countSlowly }: World, direction: Direction): Body {
  const statements = [
    count(direction, 1),
    countSlowly(direction, 2),
    countSlowly(direction, 3),
    count(direction, 4),
  ] as const;
  const [first, second, third, fourth] = statements;
  return { lines: [execute(first), execute(second), addSql(third), addSql(fourth)], statements };
}
