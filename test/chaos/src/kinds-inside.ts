import { addSql, adding, type Body, execute } from "./migration.ts";
import { sleepSql, type World } from "./world.ts";

/** A migration of a kind: its two bodies, and its peculiarities. */
export interface Draft {
  readonly up: Body;
  readonly down: Body;
  readonly unresumable?: boolean;
  readonly unique?: string;
}

export type Kind = (world: World) => Draft;

/** Transactional migrations, by kind. */
export const inside = {
  table({ id, random, tables, indexes, count }) {
    const name = `t${id}`;
    const index = { name: `${name}_n`, definition: `on ${name} (n)` };
    tables.push({ name });
    indexes.push(index);
    return {
      up: adding(
        `create table ${name} (id int primary key, n int not null default 0, label text not null)`,
        `insert into ${name} select i, i % 7, 'row ' || i from generate_series(1, ${random.int(10, 500)}) as i`,
        `create index ${index.name} ${index.definition}`,
        `comment on table ${name} is 'it''s -- no; "comment" /* of SQL'`,
        count("up", 1),
      ),
      down: adding(count("down", 1), `drop table ${name}`),
    };
  },
  alter({ id, random, tables, count }) {
    const { name } = random.pick(tables);
    return {
      up: adding(
        `alter table ${name} add column c${id} int not null default ${random.int(1, 9)}`,
        `alter table ${name} add constraint ${name}_c${id} check (c${id} > 0)`,
        `update ${name} set c${id} = c${id} + id`,
        count("up", 1),
      ),
      down: adding(count("down", 1), `alter table ${name} drop column c${id}`),
    };
  },
  data({ id, random, tables, count }) {
    const { name } = random.pick(tables);
    const row = 100_000 + Number(id);
    return {
      up: adding(
        `update ${name} set n = n + 1`,
        `insert into ${name} (id, n, label) values (${row}, ${id}, 'of ${id}')`,
        `update ${name} set label = label || '!' where id < 10`,
        count("up", 1),
      ),
      down: adding(
        count("down", 1),
        `update ${name} set label = left(label, -1) where id < 10`,
        `delete from ${name} where id = ${row}`,
        `update ${name} set n = n - 1`,
      ),
    };
  },
  several({ id, count }) {
    return {
      up: adding(
        `create table s${id} (id int); insert into s${id} values (1), (2); ${count("up", 1)};
         create index s${id}_id on s${id} (id); update s${id} set id = id + 10;`,
        count("up", 2),
      ),
      down: adding(`${count("down", 1)}; drop table s${id}; ${count("down", 2)}`),
    };
  },
  block({ id, tables, random, count }) {
    const { name } = random.pick(tables);
    return {
      up: adding(
        `do $$ begin for i in 1..3 loop ${count("up", 1)}; end loop; /* end; */ end $$`,
        `do $body$ declare text text := 'a; b'; begin
           execute format('create view v${id} as select id, n, %L as text from ${name}', text); ${count("up", 2)};
         end $body$ language plpgsql`,
      ),
      down: adding(`do $$ begin drop view v${id}; ${count("down", 1)}; end $$;`),
    };
  },
  function({ id, count }) {
    return {
      up: adding(
        `create function f${id}(x int) returns int language plpgsql immutable as $f$ begin -- ; commit;
           return x + 1; end $f$`,
        `create function touch${id}() returns trigger language plpgsql as $$ begin new.n := f${id}(new.n); return new; end $$`,
        `create table g${id} (id int primary key, n int not null)`,
        `create trigger touch before update on g${id} for each row execute function touch${id}()`,
        `insert into g${id} values (1, f${id}(${id}::int))`,
        `update g${id} set n = n`,
        count("up", 1),
      ),
      down: adding(`drop table g${id}`, `drop function touch${id}()`, count("down", 1), `drop function f${id}(int)`),
    };
  },
  slow({ random, count, countSlowly }) {
    return {
      up: adding(count("up", 1), sleepSql(random), countSlowly("up", 2), count("up", 3)),
      down: adding(countSlowly("down", 1), sleepSql(random), count("down", 2)),
    };
  },
  deferred({ id, random, count }) {
    return {
      up: adding(
        `create table p${id} (id int primary key)`,
        `create table k${id} (id int primary key, p int not null references p${id} deferrable initially deferred)`,
        `insert into k${id} values (1, 1)`,
        count("up", 1),
        `insert into p${id} values (1)`,
        ...(random.chance(0.5) ? ["set constraints all immediate"] : []),
      ),
      down: adding(`drop table k${id}`, `drop table p${id}`, count("down", 1)),
    };
  },
  recovered({ id, count }) {
    return {
      up: adding(
        `create table r${id} (id int primary key, n int not null default 0)`,
        `insert into r${id} values (1)`,
        `do $$ begin insert into r${id} values (1); exception when unique_violation then ${count("up", 1)}; end $$`,
        `insert into r${id} values (1) on conflict (id) do update set n = r${id}.n + 1`,
      ),
      down: adding(`drop table r${id}`, count("down", 1)),
    };
  },
  partitions({ id, partitioned, count }) {
    partitioned.push(`d${id}`);
    return {
      up: adding(
        `create table d${id} (id int primary key) partition by range (id)`,
        `create table d${id}_low partition of d${id} for values from (0) to (10)`,
        `create table d${id}_high partition of d${id} for values from (10) to (20)`,
        `insert into d${id} values (5), (15)`,
        count("up", 1),
      ),
      down: adding(`drop table d${id}`, count("down", 1)),
    };
  },
  unique({ id, random, tables, count }) {
    const { name } = random.pick(tables);
    return {
      up: adding(
        `alter table ${name} add column y${id} text`,
        count("up", 1),
        `alter table ${name} add constraint y${id} unique (label)`,
      ),
      down: adding(`alter table ${name} drop constraint y${id}, drop column y${id}`, count("down", 1)),
      unique: name,
    };
  },
  enum({ id, enums, count }) {
    enums.push({ name: `e${id}`, table: `u${id}`, values: ["a", "b"] });
    return {
      up: adding(
        `create type e${id} as enum ('a', 'b')`,
        `create table u${id} (id int primary key, mood e${id} not null)`,
        `insert into u${id} values (0, 'b')`,
        count("up", 1),
      ),
      down: adding(`drop table u${id}`, `drop type e${id}`, count("down", 1)),
    };
  },
  computed({ id, random, tables, count }) {
    const { name } = random.pick(tables);
    const target = (direction: string) => `where id = '${id}.${direction}.2'`;
    const body = (direction: "up" | "down"): Body => ({
      lines: [
        execute(count(direction, 1)),
        `const rows = await this.execute("select count(*)::int as count from ${name}");`,
        `this.addSql(\`update counters set n = n + \${rows[0].count} ${target(direction)}\`);`,
        addSql(count(direction, 3)),
        execute(count(direction, 4)),
      ],
      statements: [
        count(direction, 1),
        count(direction, 4),
        `update counters set n = n + (select count(*) from ${name}) ${target(direction)}`,
        count(direction, 3),
      ],
    });
    return { up: body("up"), down: body("down") };
  },
} satisfies Record<string, Kind>;
