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
        -- 'shared': what a database with a schema per tenant runs once; 'schema': a tenant's part; null: all.
        part text check (part in ('shared', 'schema')),
        -- True while its run is not over: no other run has it then.
        claimed boolean not null default true,
        job_id uuid,
        state text not null check (state in ('waiting', 'queued', 'running', 'current', 'applied', 'failed', 'refused', 'unreachable', 'gone', 'cancelled')),
        attempt int not null default 0,
        failures int not null default 0,
        worker text,
        head_before text,
        head_after text,
        at_head boolean,
        steps int,
        ms int,
        error jsonb,
        started_at timestamptz,
        finished_at timestamptz,
        primary key (run, no)
      )`,
      "create unique index target_claimed on fleet.target (key) where claimed",
      "create index target_open on fleet.target (run, wave) where state in ('waiting', 'queued', 'running')",
    ],
    down: ["drop table fleet.target", "drop table fleet.wave", "drop table fleet.run"],
  },
];

export const controlLedger = { schema: "fleet", table: "migrations" } as const;
