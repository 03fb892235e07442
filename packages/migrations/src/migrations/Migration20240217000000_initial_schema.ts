import { Migration } from "@mikro-orm/migrations";

/**
 * Users, organizations, data sources and pipelines with their metrics and logs.
 *
 * `down` removes them all, and every row with them.
 */
export class Migration20240217000000_initial_schema extends Migration {
  override name = "Migration20240217000000_initial_schema";

  override async up(): Promise<void> {
    this.createUsers();
    this.createOrganizations();
    this.createDataSources();
    this.createPipelines();
    for (const owner of ["data_source", "pipeline"]) {
      this.createMetrics(owner);
      this.createLogs(owner);
    }
  }

  override async down(): Promise<void> {
    for (const owner of ["pipeline", "data_source"]) {
      this.addSql(`drop table ${owner}_logs`);
      this.addSql(`drop table ${owner}_metrics`);
    }
    this.addSql(`drop table pipelines`);
    this.addSql(`drop table data_sources`);
    this.addSql(`drop table organizations`);
    this.addSql(`drop table users`);
    this.addSql(`drop type user_role`);
  }

  private createUsers(): void {
    // The type may exist already: an earlier deployment created it by hand.
    this.addSql(`do $$ begin
  create type user_role as enum ('admin', 'operator', 'analyst', 'viewer');
exception when duplicate_object then
  raise notice 'type user_role exists already and is used as it is';
end $$`);
    this.addSql(`create table users (
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  email varchar(255) not null,
  full_name varchar(255) not null,
  hashed_password varchar(255) not null,
  role user_role not null default 'viewer',
  constraint pk_users primary key (id),
  constraint uq_users_email unique (email)
)`);
    this.addSql(`create index idx_users_role on users (role)`);
  }

  private createOrganizations(): void {
    this.addSql(`create table organizations (
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  name varchar(255) not null,
  slug varchar(255) not null,
  constraint pk_organizations primary key (id),
  constraint uq_organizations_slug unique (slug)
)`);
  }

  private createDataSources(): void {
    this.addSql(`create table data_sources (
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  organization_id uuid not null,
  name varchar(255) not null,
  type text not null,
  config jsonb not null default '{}',
  enabled boolean not null default true,
  health text not null default 'unknown',
  last_sync_at timestamptz null,
  constraint pk_data_sources primary key (id),
  constraint fk_data_sources_organization_id foreign key (organization_id) references organizations (id) on delete cascade,
  constraint ck_data_sources_type check (type in ('web', 'mobile', 'server', 'iot', 'custom')),
  constraint ck_data_sources_health check (health in ('healthy', 'degraded', 'unhealthy', 'unknown'))
)`);
    this.addSql(`create index idx_data_sources_organization_id on data_sources (organization_id)`);
    this.addSql(`create index idx_data_sources_health on data_sources (health)`);
  }

  private createPipelines(): void {
    this.addSql(`create table pipelines (
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  organization_id uuid not null,
  data_source_id uuid null,
  name varchar(255) not null,
  description text null,
  status text not null default 'active',
  config jsonb not null default '{}',
  schedule jsonb null,
  health text not null default 'unknown',
  last_run_at timestamptz null,
  next_run_at timestamptz null,
  constraint pk_pipelines primary key (id),
  constraint fk_pipelines_organization_id foreign key (organization_id) references organizations (id) on delete cascade,
  constraint fk_pipelines_data_source_id foreign key (data_source_id) references data_sources (id) on delete set null,
  constraint ck_pipelines_status check (status in ('active', 'paused', 'failed', 'completed')),
  constraint ck_pipelines_health check (health in ('healthy', 'degraded', 'unhealthy', 'unknown'))
)`);
    for (const column of ["organization_id", "data_source_id", "status", "health"])
      this.addSql(`create index idx_pipelines_${column} on pipelines (${column})`);
  }

  private createMetrics(owner: string): void {
    const table = `${owner}_metrics`;
    this.addSql(`create table ${table} (
  id bigint generated always as identity not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  ${owner}_id uuid not null,
  name varchar(255) not null,
  value double precision not null,
  unit varchar(50) null,
  tags jsonb not null default '{}',
  recorded_at timestamptz not null default now(),
  constraint pk_${table} primary key (id),
  constraint fk_${table}_${owner}_id foreign key (${owner}_id) references ${owner}s (id) on delete cascade
)`);
    this.addSql(`create index idx_${table}_${owner}_id_recorded_at on ${table} (${owner}_id, recorded_at)`);
  }

  private createLogs(owner: string): void {
    const table = `${owner}_logs`;
    this.addSql(`create table ${table} (
  id bigint generated always as identity not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  ${owner}_id uuid not null,
  level text not null default 'info',
  message text not null,
  details jsonb not null default '{}',
  logged_at timestamptz not null default now(),
  constraint pk_${table} primary key (id),
  constraint fk_${table}_${owner}_id foreign key (${owner}_id) references ${owner}s (id) on delete cascade,
  constraint ck_${table}_level check (level in ('debug', 'info', 'warning', 'error', 'critical'))
)`);
    this.addSql(`create index idx_${table}_${owner}_id_logged_at on ${table} (${owner}_id, logged_at)`);
  }
}
