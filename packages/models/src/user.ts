import { defineEntity, type EntityRepositoryType, p } from "@mikro-orm/core";
import { EntityRepository } from "@mikro-orm/postgresql";
import { BaseModel, modelProperties } from "./base-model.ts";
import { platformRoles } from "./values.ts";

/** How `User` maps to the table `users`. */
export const UserSchema = defineEntity({
  name: "User",
  tableName: "users",
  extends: BaseModel,
  properties: {
    ...modelProperties,
    email: p.string(),
    fullName: p.string(),
    hashedPassword: p.string().hidden(),
    /** The single role from before role-based access control; not used for permissions, see `UserRole`. */
    role: p.enum(platformRoles).default("viewer"),
    isActive: p.boolean().default(true),
    emailVerifiedAt: p.datetime().nullable(),
    lastLoginAt: p.datetime().nullable(),
  },
  indexes: [
    { name: "idx_users_role", properties: "role" },
    // Case-insensitive: Ada@example.com and ada@example.com are one address.
    {
      name: "uq_users_email_lower",
      expression: (_columns, table, name) => `create unique index "${name}" on ${table} (lower("email"))`,
    },
  ],
});

/** A permission that a user holds in one organization, or on the whole platform (null). */
export interface GrantedPermission {
  readonly permission: string;
  readonly organizationId: string | null;
}

/** The queries for login and permissions. */
export class UserRepository extends EntityRepository<User> {
  /** The user with this address, compared without case, or null. */
  async findByEmail(email: string): Promise<User | null> {
    const [row] = await this.em.execute<{ id: string }[]>("select id from users where lower(email) = lower(?)", [
      email,
    ]);
    return row ? await this.findOne(row.id) : null;
  }

  /** Every permission of the user's roles; queried on each call, so that a removed role has no effect any more. */
  async findPermissions(userId: string): Promise<GrantedPermission[]> {
    return await this.em.execute<GrantedPermission[]>(
      `select distinct p.name as "permission", ur.organization_id as "organizationId"
         from user_roles ur
         join role_permissions rp on rp.role_id = ur.role_id
         join permissions p on p.id = rp.permission_id
        where ur.user_id = ?
        order by 1, 2`,
      [userId],
    );
  }
}

/** A person who can log in. */
export class User extends UserSchema.class {
  declare [EntityRepositoryType]?: UserRepository;
}
UserSchema.setClass(User);
// Set here because inside the definition its type would depend on itself.
UserSchema.setCustomRepository(() => UserRepository);
