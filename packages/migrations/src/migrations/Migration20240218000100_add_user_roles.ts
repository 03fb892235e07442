import { Migration } from "@mikro-orm/migrations";

/** The permissions of the role `admin`. */
const adminPermissions = [
  ["organizations", "organizations and their members"],
  ["users", "users and the roles that they hold"],
  ["roles", "roles and their permissions"],
  ["data_sources", "data sources"],
  ["pipelines", "pipelines"],
  ["metrics", "metrics"],
  ["logs", "logs"],
  ["data_syncs", "data syncs"],
].flatMap(([name, what]) => [
  { name: `${name}:read`, description: `See ${what}` },
  { name: `${name}:write`, description: `Create, change and delete ${what}` },
]);

// Keys derived from names, so that `down` deletes exactly the rows that `up` inserted, and none that existed before.
const permissionKey = `md5('permission ' || permissions.name)::uuid`;
const adminGrantKey = `md5('permission of admin ' || permissions.name)::uuid`;

/**
 * Role-based access control: roles become rows, `role_permissions` references them, and each user's old role value
 * becomes a `user_roles` row for the whole platform.
 *
 * `users.role` stays unchanged for older programs; `user_roles` decides what a user may do. `down` keeps every role
 * name in `role_permissions` and every `users.role`. It loses the roles that no permission references, the roles'
 * descriptions, and who was granted what; it deletes the default permissions unless they existed before.
 */
export class Migration20240218000100_add_user_roles extends Migration {
  override name = "Migration20240218000100_add_user_roles";

  override async up(): Promise<void> {
    this.createRoles();
    this.referenceRoles();
    this.insertAdminPermissions();
    this.createUserRoles();
  }

  override async down(): Promise<void> {
    this.addSql(`drop table user_roles`);
    this.addSql(`delete from role_permissions using permissions where role_permissions.id = ${adminGrantKey}`);
    this.addSql(`delete from permissions where id = ${permissionKey}`);
    this.addSql(`alter table role_permissions add column role varchar(255) null`);
    this.addSql(`update role_permissions set role = roles.name from roles where roles.id = role_permissions.role_id`);
    this.addSql(`alter table role_permissions
  alter column role set not null,
  drop column role_id,
  add constraint uq_role_permissions_role_permission_id unique (role, permission_id)`);
    this.addSql(`drop table roles`);
  }

  private createRoles(): void {
    this.addSql(`create table roles (
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  name varchar(255) not null,
  description text null,
  is_system boolean not null default false,
  constraint pk_roles primary key (id),
  constraint uq_roles_name unique (name)
)`);
    this.addSql(`insert into roles (name, description, is_system)
values ('admin', 'Holds every permission on the whole platform', true)`);
    // Every role name in use, so that no user or permission loses its role.
    this.addSql(`insert into roles (name, is_system)
select name, name in ('operator', 'analyst', 'viewer')
  from (select role as name from users union select role from role_permissions) as named
 where name <> 'admin'
 order by name`);
  }

  private referenceRoles(): void {
    this.addSql(`alter table role_permissions add column role_id uuid null`);
    this.addSql(`update role_permissions set role_id = roles.id from roles where roles.name = role_permissions.role`);
    this.addSql(`alter table role_permissions
  alter column role_id set not null,
  drop column role,
  add constraint uq_role_permissions_role_id_permission_id unique (role_id, permission_id),
  add constraint fk_role_permissions_role_id foreign key (role_id) references roles (id) on delete cascade`);
  }

  private insertAdminPermissions(): void {
    const rows = adminPermissions.map(({ name, description }) => `  ('${name}', '${description}')`);
    this.addSql(`insert into permissions (id, name, description)
select ${permissionKey}, name, description from (values
${rows.join(",\n")}
) as permissions (name, description)
on conflict (name) do nothing`);
    this.addSql(`insert into role_permissions (id, role_id, permission_id)
select ${adminGrantKey}, roles.id, permissions.id
  from roles, permissions
 where roles.name = 'admin' and permissions.name in (${adminPermissions.map(({ name }) => `'${name}'`).join(", ")})
on conflict (role_id, permission_id) do nothing`);
  }

  private createUserRoles(): void {
    this.addSql(`create table user_roles (
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  user_id uuid not null,
  role_id uuid not null,
  organization_id uuid null,
  granted_by uuid null,
  granted_at timestamptz not null default now(),
  constraint pk_user_roles primary key (id),
  constraint fk_user_roles_user_id foreign key (user_id) references users (id) on delete cascade,
  constraint fk_user_roles_role_id foreign key (role_id) references roles (id) on delete cascade,
  constraint fk_user_roles_organization_id foreign key (organization_id) references organizations (id) on delete cascade,
  constraint fk_user_roles_granted_by foreign key (granted_by) references users (id) on delete set null
)`);
    this.addSql(`create unique index uq_user_roles_user_id_role_id_organization_id
  on user_roles (user_id, role_id, organization_id) nulls not distinct`);
    for (const column of ["role_id", "organization_id", "granted_by"])
      this.addSql(`create index idx_user_roles_${column} on user_roles (${column})`);
    this.addSql(`insert into user_roles (user_id, role_id)
select users.id, roles.id from users join roles on roles.name = users.role`);
  }
}
