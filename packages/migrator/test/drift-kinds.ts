/** A schema with something of every kind. */
export const schema = `
create schema app;
create extension if not exists pgcrypto schema app;
create type mood as enum ('sad', 'ok', 'happy');
create domain percent as int check (value between 0 and 100);
create type address as (street text, town text);
create type span as range (subtype = timestamptz);
create collation german (provider = libc, locale = 'C');
create sequence tickets start 100 increment 5;
create table "Orgs" (id uuid constraint pk_orgs primary key default gen_random_uuid(), "displayName" text not null);
create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
create table users (
  id bigint generated always as identity constraint pk_users primary key,
  number serial,
  email varchar(255) not null constraint uq_users_email unique,
  name text not null default 'nobody' collate "C",
  role varchar(20) not null default 'viewer' constraint ck_users_role check (role in ('admin', 'viewer')),
  status text constraint ck_users_status check (status in ('a', 'it''s, (odd]')),
  age int,
  score numeric(10, 2),
  share percent,
  feeling mood default 'ok',
  home address,
  org_id uuid constraint fk_users_org references "Orgs" (id) on delete cascade,
  settings jsonb not null default '{}',
  full_text text generated always as (name || coalesce(status, '')) stored
);
create index idx_users_org on users (org_id);
create index idx_users_active on users (email) where role in ('admin', 'viewer');
create unique index uq_users_lower on users (lower(email) text_pattern_ops desc) include (age);
create trigger trg_touch before update on users for each row execute function touch();
alter table users enable row level security;
create policy own on users for select to public using (email = current_user);
create statistics st_users on role, status from users;
create view admins as select u.id, u.email from users u where u.role in ('admin') and exists (select from "Orgs" o where o.id = u.org_id);
create view everybody as select users.*, "displayName" from users join "Orgs" on "Orgs".id = users.org_id;
create materialized view roles as select role, count(*) as n from users group by role;
create unique index uq_roles on roles (role);
create table events (id bigint not null, at timestamptz not null, body text) partition by range (at);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table events_rest partition of events default;
create index idx_events_at on events (at);
create trigger trg_events before insert on events for each row execute function touch();
create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0');
create table app.keys (id int primary key, secret text);
create table tasks (id serial primary key, number int generated always as identity, user_id bigint references users, note text);
create index idx_tasks_note on tasks (note);
create rule no_delete as on delete to app.keys do instead nothing;
create function app.sum_of(a int, b int) returns int language sql immutable as 'select a + b';
create procedure app.noop() language plpgsql as $$ begin end $$;
comment on table users is 'People';
comment on column users.email is 'Where to write';
comment on constraint ck_users_role on users is 'Two roles';
grant select on users to drift_reader;
grant select (secret) on app.keys to drift_reader;
grant execute on function app.sum_of(int, int) to drift_reader;
`;

const live = "in the live database";
const missing = (what: string) => `${what} is missing ${live}`;
const extra = (what: string) => `${what} should not be there ${live}`;
const changed = (what: string, property: string, is: string, should: string) =>
  `${what} ${live}: ${property} is ${is}, and should be ${should}`;

const named = (what: string, name: string) => `${what} should be named ${name} ${live}`;

/** What somebody does by hand, and in which words it is found. */
export const driftKinds: readonly (readonly [title: string, sql: string, ...messages: string[]])[] = [
  ["a table added", "create table t (id int primary key, note text)", extra("table t")],
  [
    "a table dropped",
    "drop table app.keys",
    missing("table app.keys"),
    missing("constraint app.keys.keys_pkey"),
    missing("rule app.keys.no_delete"),
  ],
  ["a table renamed", "alter table app.keys rename to locks", named("table app.locks", "keys")],
  ["a table renamed that others refer to", 'alter table "Orgs" rename to teams', named("table teams", '"Orgs"')],
  [
    "a table moved to another schema",
    "alter table app.keys set schema public",
    `table keys should be in the schema app ${live}`,
  ],
  [
    "a table moved with its index and sequence",
    "alter table tasks set schema app",
    `table app.tasks should be in the schema public ${live}`,
  ],
  [
    "foreign keys switched off",
    "alter table tasks disable trigger all",
    changed("constraint tasks.tasks_user_id_fkey", "switched off on", "(tasks)", "not set"),
  ],
  [
    "a column narrower than it should be",
    "alter table app.keys alter secret type varchar(9)",
    changed("column app.keys.secret", "type", "character varying(9)", "text"),
  ],
  ["a table unlogged", "alter table app.keys set unlogged", changed("table app.keys", "unlogged", "true", "not set")],
  [
    "a storage parameter",
    "alter table users set (fillfactor = 70)",
    changed("table users", "options", "(fillfactor=70)", "not set"),
  ],
  [
    "row security off",
    "alter table users disable row level security",
    changed("table users", "row security", "not set", "true"),
  ],
  [
    "row security forced",
    "alter table users force row level security",
    changed("table users", "force row security", "true", "not set"),
  ],
  [
    "another replica identity",
    "alter table users replica identity full",
    changed("table users", "replica identity", "full", "not set"),
  ],
  [
    "another owner",
    "alter table users owner to drift_owner; alter table users owner to current_user; alter table app.keys owner to drift_owner",
    changed("table app.keys", "owner", "drift_owner", "not set"),
  ],
  ["a column added", "alter table users add column nickname text", extra("column users.nickname")],
  ["a required column added", "alter table users add column level int not null default 1", extra("column users.level")],
  [
    "a column dropped",
    "drop view everybody; alter table users drop column score",
    missing("column users.score"),
    missing("view everybody"),
  ],
  [
    "a column dropped with its index",
    "drop view everybody; alter table users drop column age",
    missing("column users.age"),
    missing("view everybody"),
    missing("index uq_users_lower"),
  ],
  ["a column renamed", "alter table users rename column score to scores", named("column users.scores", "score")],
  [
    "a column renamed that views, indexes and keys use",
    "alter table users rename column email to mail",
    named("column users.mail", "email"),
  ],
  [
    "a column wider",
    "drop view everybody, admins; drop policy own on users; alter table users alter email type varchar(300)",
    changed("column users.email", "type", "character varying(300)", "character varying(255)"),
    missing("view admins"),
    missing("view everybody"),
    missing("policy users.own"),
  ],
  [
    "another type",
    "drop view everybody; alter table users alter score type double precision",
    changed("column users.score", "type", "double precision", "numeric(10,2)"),
    missing("view everybody"),
  ],
  [
    "a column required",
    "alter table users alter age set not null",
    changed("column users.age", "not null", "yes", "not set"),
  ],
  [
    "a column no longer required",
    "alter table users alter email drop not null",
    changed("column users.email", "not null", "not set", "yes"),
  ],
  [
    "a default added",
    "alter table users alter age set default 18",
    changed("column users.age", "default", "18", "not set"),
  ],
  [
    "a default dropped",
    "alter table users alter name drop default",
    changed("column users.name", "default", "not set", "'nobody'::text"),
  ],
  [
    "another default",
    "alter table users alter role set default 'admin'",
    changed("column users.role", "default", "'admin'::character varying", "'viewer'::character varying"),
  ],
  [
    "another identity",
    "alter table users alter id set generated by default",
    changed("column users.id", "identity", "by default", "always"),
  ],
  [
    "an identity dropped",
    "alter table users alter id drop identity",
    missing("sequence users_id_seq"),
    changed("column users.id", "identity", "not set", "always"),
  ],
  [
    "a generated column frozen",
    "drop view everybody; alter table users alter full_text drop expression",
    `${changed("column users.full_text", "default", "not set", "(name || COALESCE(status, ''::text))")}; generated is not set, and should be stored`,
    missing("view everybody"),
  ],
  [
    "another collation",
    'alter table app.keys alter secret type text collate "POSIX"',
    changed("column app.keys.secret", "collation", '"POSIX"', "not set"),
  ],
  [
    "another storage",
    "alter table users alter settings set storage external",
    changed("column users.settings", "storage", "external", "not set"),
  ],
  [
    "another statistics target",
    "alter table users alter email set statistics 500",
    changed("column users.email", "statistics", "500", "not set"),
  ],
  [
    "another compression",
    "alter table users alter settings set compression pglz",
    changed("column users.settings", "compression", "pglz", "not set"),
  ],
  ["a check added", "alter table users add constraint ck_age check (age > 0)", extra("constraint users.ck_age")],
  ["a check dropped", "alter table users drop constraint ck_users_status", missing("constraint users.ck_users_status")],
  [
    "a check renamed",
    "alter table users rename constraint ck_users_status to ck_s",
    named("constraint users.ck_s", "ck_users_status"),
  ],
  [
    "another check",
    "alter table users drop constraint ck_users_status; alter table users add constraint ck_users_status check (status in ('a', 'b'))",
    changed(
      "constraint users.ck_users_status",
      "definition",
      "CHECK ((status = ANY (ARRAY['a'::text, 'b'::text])))",
      "CHECK ((status = ANY (ARRAY['a'::text, 'it''s, (odd]'::text])))",
    ),
  ],
  [
    "a check not validated",
    "alter table users drop constraint ck_users_role; alter table users add constraint ck_users_role check (role in ('admin', 'viewer')) not valid",
    changed(
      "constraint users.ck_users_role",
      "definition",
      "CHECK (((role)::text = ANY (ARRAY[('admin'::character varying)::text, ('viewer'::character varying)::text]))) NOT VALID",
      "CHECK (((role)::text = ANY (ARRAY[('admin'::character varying)::text, ('viewer'::character varying)::text])))",
    ),
    missing("the comment on table constraint ck_users_role on users"),
  ],
  ["a primary key dropped", "alter table app.keys drop constraint keys_pkey", missing("constraint app.keys.keys_pkey")],
  [
    "a unique constraint dropped",
    "alter table users drop constraint uq_users_email",
    missing("constraint users.uq_users_email"),
  ],
  [
    "a unique constraint added",
    "alter table users add constraint uq_number unique (number)",
    extra("constraint users.uq_number"),
  ],
  [
    "a unique constraint deferrable",
    "alter table users drop constraint uq_users_email; alter table users add constraint uq_users_email unique (email) deferrable",
    changed("constraint users.uq_users_email", "definition", "UNIQUE (email) DEFERRABLE", "UNIQUE (email)"),
  ],
  [
    "an exclusion added",
    "alter table users add constraint ex_age exclude using btree (age with =)",
    extra("constraint users.ex_age"),
  ],
  ["a foreign key dropped", "alter table users drop constraint fk_users_org", missing("constraint users.fk_users_org")],
  [
    "a foreign key with another rule",
    'alter table users drop constraint fk_users_org; alter table users add constraint fk_users_org foreign key (org_id) references "Orgs" (id) on delete set null',
    changed(
      "constraint users.fk_users_org",
      "definition",
      'FOREIGN KEY (org_id) REFERENCES "Orgs"(id) ON DELETE SET NULL',
      'FOREIGN KEY (org_id) REFERENCES "Orgs"(id) ON DELETE CASCADE',
    ),
  ],
  [
    "a foreign key not validated",
    'alter table users drop constraint fk_users_org; alter table users add constraint fk_users_org foreign key (org_id) references "Orgs" (id) on delete cascade not valid',
    changed(
      "constraint users.fk_users_org",
      "definition",
      'FOREIGN KEY (org_id) REFERENCES "Orgs"(id) ON DELETE CASCADE NOT VALID',
      'FOREIGN KEY (org_id) REFERENCES "Orgs"(id) ON DELETE CASCADE',
    ),
  ],
  ["an index added", "create index idx_users_age on users (age)", extra("index idx_users_age")],
  ["an index dropped", "drop index idx_users_org", missing("index idx_users_org")],
  ["an index renamed", "alter index idx_users_org rename to i", named("index i", "idx_users_org")],
  [
    "an index with another predicate",
    "drop index idx_users_active; create index idx_users_active on users (email) where role = 'admin'",
    changed(
      "index idx_users_active",
      "definition",
      "CREATE INDEX idx_users_active ON users USING btree (email) WHERE ((role)::text = 'admin'::text)",
      "CREATE INDEX idx_users_active ON users USING btree (email) WHERE ((role)::text = ANY (ARRAY[('admin'::character varying)::text, ('viewer'::character varying)::text]))",
    ),
  ],
  [
    "an index with another operator class",
    "drop index uq_users_lower; create unique index uq_users_lower on users (lower(email)) include (age)",
    changed(
      "index uq_users_lower",
      "definition",
      "CREATE UNIQUE INDEX uq_users_lower ON users USING btree (lower((email)::text)) INCLUDE (age)",
      "CREATE UNIQUE INDEX uq_users_lower ON users USING btree (lower((email)::text) text_pattern_ops DESC) INCLUDE (age)",
    ),
  ],
  [
    "an index no longer unique",
    "drop index uq_users_lower; create index uq_users_lower on users (lower(email) text_pattern_ops desc) include (age)",
    changed(
      "index uq_users_lower",
      "definition",
      "CREATE INDEX uq_users_lower ON users USING btree (lower((email)::text) text_pattern_ops DESC) INCLUDE (age)",
      "CREATE UNIQUE INDEX uq_users_lower ON users USING btree (lower((email)::text) text_pattern_ops DESC) INCLUDE (age)",
    ) + "; unique is not set, and should be true",
  ],
  [
    "an invalid index",
    "drop index idx_events_at; create index idx_events_at on only events (at)",
    changed("index idx_events_at", "invalid", "true", "not set"),
  ],
  [
    "a table clustered",
    "alter table users cluster on idx_users_org",
    changed("index idx_users_org", "clustered", "true", "not set"),
  ],
  ["a trigger dropped", "drop trigger trg_touch on users", missing("trigger users.trg_touch")],
  ["a trigger added", "create trigger t2 after insert on users execute function touch()", extra("trigger users.t2")],
  [
    "a trigger disabled",
    "alter table users disable trigger trg_touch",
    changed("trigger users.trg_touch", "enabled", "disabled", "not set"),
  ],
  ["a trigger renamed", "alter trigger trg_touch on users rename to tt", named("trigger users.tt", "trg_touch")],
  [
    "another trigger",
    "create or replace trigger trg_touch after update on users for each row execute function touch()",
    changed(
      "trigger users.trg_touch",
      "definition",
      "CREATE TRIGGER trg_touch AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()",
      "CREATE TRIGGER trg_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()",
    ),
  ],
  [
    "another function",
    "create or replace function touch() returns trigger language plpgsql as $$ begin return null; end $$",
    "function touch() in the live database: definition differs in line 4: AS $function$ begin return null; end $function$, and should be AS $function$ begin return new; end $function$",
  ],
  ["a function dropped", "drop function app.sum_of(int, int)", missing("function app.sum_of(integer,integer)")],
  ["a function added", "create function f(text) returns int language sql as 'select 1'", extra("function f(text)")],
  [
    "a function's rights",
    "alter function app.sum_of(int, int) security definer",
    "function app.sum_of(integer,integer) in the live database: definition differs in line 4: IMMUTABLE SECURITY DEFINER, and should be IMMUTABLE",
  ],
  ["a procedure dropped", "drop procedure app.noop()", missing("procedure app.noop()")],
  ["a policy dropped", "drop policy own on users", missing("policy users.own")],
  ["a policy added", "create policy p2 on users for delete using (false)", extra("policy users.p2")],
  [
    "another policy",
    "alter policy own on users using (true)",
    changed("policy users.own", "using", "true", "((email)::text = CURRENT_USER)"),
  ],
  ["a policy renamed", "alter policy own on users rename to mine", named("policy users.mine", "own")],
  [
    "a privilege granted",
    "grant insert, update on users to drift_reader",
    changed(
      "table users",
      "grants",
      "(INSERT to drift_reader, SELECT to drift_reader, UPDATE to drift_reader)",
      "(SELECT to drift_reader)",
    ),
  ],
  [
    "a privilege revoked",
    "revoke select on users from drift_reader",
    changed("table users", "grants", "not set", "(SELECT to drift_reader)"),
  ],
  [
    "a privilege to grant on",
    "grant select on users to drift_reader with grant option",
    changed("table users", "grants", "(SELECT to drift_reader with grant option)", "(SELECT to drift_reader)"),
  ],
  [
    "a privilege for everybody",
    "grant select on app.keys to public",
    changed("table app.keys", "grants", "(SELECT to public)", "not set"),
  ],
  [
    "a privilege on a column",
    "grant update (email) on users to drift_reader",
    changed("column users.email", "grants", "(UPDATE to drift_reader)", "not set"),
  ],
  [
    "a function closed to everybody",
    "revoke execute on function touch() from public",
    changed("function touch()", "grants", "(no EXECUTE to public)", "not set"),
  ],
  [
    "a privilege on a schema",
    "grant usage on schema app to drift_reader",
    changed("schema app", "grants", "(USAGE to drift_reader)", "not set"),
  ],
  [
    "another sequence",
    "alter sequence tickets increment 10 cycle",
    `${changed("sequence tickets", "cycle", "true", "not set")}; increment is 10, and should be 5`,
  ],
  ["a sequence dropped", "drop sequence tickets", missing("sequence tickets")],
  [
    "a serial column without its sequence",
    "drop sequence users_number_seq cascade",
    missing("sequence users_number_seq"),
    changed("column users.number", "default", "not set", "nextval('users_number_seq'::regclass)"),
  ],
  ["a sequence added", "create sequence s", extra("sequence s")],
  [
    "a sequence owned by a column",
    "alter sequence tickets owned by users.age",
    changed("sequence tickets", "owned by", "users.age", "not set"),
  ],
  [
    "an enum's value added",
    "alter type mood add value 'ecstatic'",
    changed("enum mood", "values", "(sad, ok, happy, ecstatic)", "(sad, ok, happy)"),
  ],
  [
    "an enum's value renamed",
    "alter type mood rename value 'ok' to 'fine'",
    changed("enum mood", "values", "(sad, fine, happy)", "(sad, ok, happy)"),
    changed("column users.feeling", "default", "'fine'::mood", "'ok'::mood"),
  ],
  ["an enum added", "create type colour as enum ('red')", extra("enum colour")],
  [
    "a domain's check",
    "alter domain percent add constraint c check (value <> 13)",
    changed(
      "domain percent",
      "constraints",
      "(c CHECK ((VALUE <> 13)), percent_check CHECK (((VALUE >= 0) AND (VALUE <= 100))))",
      "(percent_check CHECK (((VALUE >= 0) AND (VALUE <= 100))))",
    ),
  ],
  ["a domain required", "alter domain percent set not null", changed("domain percent", "not null", "true", "not set")],
  ["a domain's default", "alter domain percent set default 50", changed("domain percent", "default", "50", "not set")],
  [
    "a composite type",
    "alter type address add attribute zip text",
    changed("type address", "attributes", "(street text, town text, zip text)", "(street text, town text)"),
  ],
  [
    "another view",
    "create or replace view admins as select id, email from users where role = 'viewer'",
    "view admins in the live database: definition differs in line 3: FROM users, and should be FROM users u",
  ],
  [
    "a default of a view's column",
    "alter view admins alter email set default 'x'",
    changed("view admins", "column defaults", "(email 'x'::character varying)", "not set"),
  ],
  [
    "a privilege on a view's column",
    "grant select (email) on admins to drift_reader",
    changed("view admins", "column grants", "(email SELECT to drift_reader)", "not set"),
  ],
  [
    "a table that is clustered on its key",
    "alter table users cluster on pk_users",
    changed("constraint users.pk_users", "clustered", "true", "not set"),
  ],
  [
    "a trigger switched off on one partition",
    "alter table events_rest disable trigger trg_events",
    changed("trigger events.trg_events", "except on", "(events_rest disabled)", "not set"),
  ],
  [
    "a trigger switched off on a table but not on its partitions",
    "alter table only events disable trigger trg_events",
    `trigger events.trg_events ${live}: enabled is disabled, and should be not set; except on is (events_2024 enabled, events_rest enabled), and should be not set`,
  ],
  [
    "an aggregate that may run in parallel",
    "drop aggregate total(int); create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0', combinefunc = int4pl, parallel = safe)",
    changed(
      "aggregate total(integer)",
      "definition",
      "sfunc = int4pl, stype = integer, initcond = '0', combinefunc = int4pl, parallel = safe",
      "sfunc = int4pl, stype = integer, initcond = '0'",
    ),
  ],
  [
    "a range that measures distances",
    "drop type span; create type span as range (subtype = timestamptz, subtype_diff = tstzrange_subdiff)",
    changed("range span", "more", "subtype_diff = tstzrange_subdiff", "not set"),
  ],
  ["a comment on a collation", "comment on collation german is 'x'", extra("the comment on collation german")],
  ["a view dropped", "drop view admins", missing("view admins")],
  ["a view added", "create view v as select 1 as one", extra("view v")],
  [
    "a view's options",
    "alter view admins set (security_barrier = true)",
    changed("view admins", "options", "(security_barrier=true)", "not set"),
  ],
  [
    "another materialized view",
    "drop materialized view roles; create materialized view roles as select role, count(id) as n from users group by role",
    "view roles in the live database: definition differs in line 2: count(id) AS n, and should be count(*) AS n",
    missing("index uq_roles"),
  ],
  [
    "a materialized view emptied",
    "refresh materialized view roles with no data",
    changed("view roles", "unpopulated", "true", "not set"),
  ],
  [
    "a comment changed",
    "comment on table users is 'Others'",
    changed("the comment on table users", "text", "Others", "People"),
  ],
  ["a comment taken away", "comment on column users.email is null", missing("the comment on column users.email")],
  ["a comment added", "comment on index idx_users_org is 'fast'", extra("the comment on index idx_users_org")],
  [
    "a partition detached",
    "alter table events detach partition events_2024",
    extra("index events_2024_at_idx"),
    changed(
      "table events_2024",
      "partition bound",
      "not set, and should be FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00'); partition of is not set",
      "events",
    ),
  ],
  ["a partition dropped", "drop table events_2024", missing("table events_2024")],
  [
    "a partition added",
    "create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01')",
    extra("table events_2025"),
  ],
  [
    "a partition with another bound",
    "alter table events detach partition events_2024; alter table events attach partition events_2024 for values from ('2024-01-01') to ('2024-07-01')",
    changed(
      "table events_2024",
      "partition bound",
      "FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2024-07-01 00:00:00+00')",
      "FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00')",
    ),
  ],
  ["a column of a partitioned table", "alter table events add column kind text", extra("column events.kind")],
  [
    "a partition's own default",
    "alter table events_2024 alter body set default 'x'",
    changed("column events_2024.body", "default", "'x'::text", "not set"),
  ],
  ["a rule dropped", "drop rule no_delete on app.keys", missing("rule app.keys.no_delete")],
  [
    "a rule disabled",
    "alter table app.keys disable rule no_delete",
    changed("rule app.keys.no_delete", "enabled", "disabled", "not set"),
  ],
  ["extended statistics dropped", "drop statistics st_users", missing("statistics st_users")],
  ["a schema added", "create schema other", extra("schema other")],
  [
    "a schema dropped",
    "drop schema app cascade",
    missing("schema app"),
    missing("extension pgcrypto"),
    missing("function app.sum_of(integer,integer)"),
    missing("procedure app.noop()"),
    missing("table app.keys"),
    missing("constraint app.keys.keys_pkey"),
    missing("rule app.keys.no_delete"),
  ],
  ["an extension dropped", "drop extension pgcrypto", missing("extension pgcrypto")],
  ["a collation dropped", "drop collation german", missing("collation german")],
  ["a range type dropped", "drop type span", missing("range span")],
  ["inheritance", "create table child (more int) inherits (app.keys)", extra("table child")],
  [
    "an event trigger",
    "create function e() returns event_trigger language plpgsql as $$ begin end $$; create event trigger et on ddl_command_end execute function e()",
    extra("event trigger et"),
    extra("function e()"),
  ],
];

/** The same for what PostgreSQL 18 brought. */
export const newerKinds: typeof driftKinds = [
  [
    "a NOT NULL not validated",
    "alter table users alter email drop not null; alter table users add constraint nn not null email not valid",
    changed("column users.email", "not null", "not validated", "yes"),
  ],
  [
    "a virtual column",
    "alter table users add column twice int generated always as (age * 2) virtual",
    extra("column users.twice"),
  ],
  [
    "a check not enforced",
    "alter table users drop constraint ck_users_status; alter table users add constraint ck_users_status check (status in ('a', 'it''s, (odd]')) not enforced",
    changed(
      "constraint users.ck_users_status",
      "definition",
      "CHECK ((status = ANY (ARRAY['a'::text, 'it''s, (odd]'::text]))) NOT ENFORCED",
      "CHECK ((status = ANY (ARRAY['a'::text, 'it''s, (odd]'::text])))",
    ),
  ],
];
