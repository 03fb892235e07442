import { Migration } from "@mikro-orm/migrations";

/**
 * Repairs `users` (the enum becomes text, addresses become unique without regard to case) and adds permissions, members
 * of organizations and data syncs.
 *
 * `down` keeps every user and role value. It loses is_active, email_verified_at and last_login_at, and all rows of the
 * tables that it drops.
 */
export class Migration20240218000000_fix_schema extends Migration {
  override name = "Migration20240218000000_fix_schema";

  override async up(): Promise<void> {
    this.repairUsers();
    this.createPermissions();
    this.createOrganizationMembers();
    this.createDataSyncs();
  }

  override async down(): Promise<void> {
    for (const table of ["data_syncs", "organization_members", "role_permissions", "permissions"])
      this.addSql(`drop table ${table}`);
    this.addSql(`drop index uq_users_email_lower`);
    this.addSql(`create type user_role as enum ('admin', 'operator', 'analyst', 'viewer')`);
    this.addSql(`alter table users
  drop constraint ck_users_role,
  alter column role drop default,
  alter column role type user_role using role::user_role,
  alter column role set default 'viewer',
  add constraint uq_users_email unique (email),
  drop column is_active,
  drop column email_verified_at,
  drop column last_login_at`);
  }

  private repairUsers(): void {
    this.addSql(`alter table users
  add column is_active boolean not null default true,
  add column email_verified_at timestamptz null,
  add column last_login_at timestamptz null,
  alter column role drop default,
  alter column role type text using role::text,
  alter column role set default 'viewer',
  add constraint ck_users_role check (role in ('admin', 'operator', 'analyst', 'viewer')),
  drop constraint uq_users_email`);
    this.addSql(`drop type user_role`);
    this.addSql(`create unique index uq_users_email_lower on users (lower(email))`);
  }

  private createPermissions(): void {
    this.addSql(`create table permissions (
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  name varchar(255) not null,
  description text null,
  constraint pk_permissions primary key (id),
  constraint uq_permissions_name unique (name)
)`);
    this.addSql(`create table role_permissions (
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  role varchar(255) not null,
  permission_id uuid not null,
  constraint pk_role_permissions primary key (id),
  constraint uq_role_permissions_role_permission_id unique (role, permission_id),
  constraint fk_role_permissions_permission_id foreign key (permission_id) references permissions (id) on delete cascade
)`);
    this.addSql(`create index idx_role_permissions_permission_id on role_permissions (permission_id)`);
  }

  private createOrganizationMembers(): void {
    this.addSql(`create table organization_members (
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  organization_id uuid not null,
  user_id uuid not null,
  role text not null default 'member',
  constraint pk_organization_members primary key (id),
  constraint uq_organization_members_organization_id_user_id unique (organization_id, user_id),
  constraint fk_organization_members_organization_id foreign key (organization_id) references organizations (id) on delete cascade,
  constraint fk_organization_members_user_id foreign key (user_id) references users (id) on delete cascade,
  constraint ck_organization_members_role check (role in ('owner', 'admin', 'member', 'viewer'))
)`);
    this.addSql(`create index idx_organization_members_user_id on organization_members (user_id)`);
  }

  private createDataSyncs(): void {
    this.addSql(`create table data_syncs (
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  organization_id uuid not null,
  data_source_id uuid not null,
  pipeline_id uuid null,
  status text not null default 'pending',
  records_processed bigint not null default 0,
  started_at timestamptz null,
  finished_at timestamptz null,
  error_message text null,
  metrics jsonb not null default '{}',
  constraint pk_data_syncs primary key (id),
  constraint fk_data_syncs_organization_id foreign key (organization_id) references organizations (id) on delete cascade,
  constraint fk_data_syncs_data_source_id foreign key (data_source_id) references data_sources (id) on delete cascade,
  constraint fk_data_syncs_pipeline_id foreign key (pipeline_id) references pipelines (id) on delete set null,
  constraint ck_data_syncs_status check (status in ('pending', 'running', 'completed', 'failed'))
)`);
    for (const column of ["organization_id", "data_source_id", "pipeline_id", "status"])
      this.addSql(`create index idx_data_syncs_${column} on data_syncs (${column})`);
  }
}
