import type { ListedMigration } from "@thedata/migrator";

/**
 * The history of the control database's own schema. `fleet.target` holds what a run is about; the queue beside it
 * (schema `pgboss`) only says who looks at which target when. No password is in either.
 */
export const controlHistory: readonly ListedMigration[] = [
  {
    name: "20261127000000_fleet",
    up: [
      `create table fleet.run (
        id int generated always as identity primary key,
        direction text not null check (direction in ('up', 'down')),
        -- The run that this one reverts.
        reverts int references fleet.run,
        state text not null check (state in ('running', 'checking', 'stopping', 'stopped', 'failed', 'done')),
        -- What a run that is stopping will be.
        ending text check (ending in ('stopped', 'failed')),
        stop_now boolean not null default false,
        -- The wave under way.
        wave int not null default 0,
        head text,
        digest text not null,
        -- Tells the jobs of this run from those of any other control database.
        token text not null default left(md5(random()::text || clock_timestamp()), 8),
        -- Since when a worker asks the ledgers again; it says so again and again.
        checked_at timestamptz,
        options jsonb not null,
        rounds int not null default 0,
        started_by text not null,
        started_at timestamptz not null default clock_timestamp(),
        finished_at timestamptz,
        note text
      )`,
      `create table fleet.wave (
        run int references fleet.run on delete cascade,
        no int,
        name text not null,
        size int not null,
        state text not null default 'waiting' check (state in ('waiting', 'running', 'baking', 'passed', 'failed')),
        bake_until timestamptz,
        primary key (run, no)
      )`,
      `create table fleet.target (
        run int references fleet.run on delete cascade,
        no int,
        id text not null,
        key text not null,
        wave int not null,
        server text not null,
        address text not null,
        schema text,
        -- What the list says besides.
        labels jsonb not null,
        -- 'shared': what a database with a schema per tenant runs once; 'schema': a tenant's part; null: all.
        part text check (part in ('shared', 'schema')),
        -- True while its run is not over: no other run has it then.
        claimed boolean not null default true,
        job_id uuid,
        state text not null check (state in ('waiting', 'queued', 'running', 'current', 'applied', 'failed', 'refused', 'unreachable', 'gone', 'cancelled')),
        attempt int not null default 0,
        failures int not null default 0,
        -- How many workers died while they were at it.
        lost int not null default 0,
        worker text,
        -- Where it was before this run; null: at nothing, where that is known.
        head_before text,
        head_known boolean not null,
        -- Where this run is to bring it; null: to nothing.
        head_target text,
        head_after text,
        at_head boolean,
        steps int,
        ms int,
        error jsonb,
        started_at timestamptz,
        finished_at timestamptz,
        primary key (run, no)
      )`,
      // A worker that has not been seen for long is dead or stalled: its slots are taken from it.
      "create table fleet.worker (name text primary key, seen_at timestamptz not null default clock_timestamp())",
      "create unique index target_claimed on fleet.target (key) where claimed",
      "create index target_open on fleet.target (run, wave) where state in ('waiting', 'queued', 'running')",
    ],
    down: ["drop table fleet.worker", "drop table fleet.target", "drop table fleet.wave", "drop table fleet.run"],
  },
];

export const controlLedger = { schema: "fleet", table: "migrations" } as const;
