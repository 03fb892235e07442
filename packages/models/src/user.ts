import { defineEntity, type EntityRepositoryType, p } from "@mikro-orm/core";
import { BaseModel, modelProperties } from "./base-model.ts";
import { UserRepository } from "./user-repository.ts";
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
    /** The one role of the time before role-based access control. What a user may do stands in `UserRole`. */
    role: p.enum(platformRoles).default("viewer"),
    isActive: p.boolean().default(true),
    emailVerifiedAt: p.datetime().nullable(),
    lastLoginAt: p.datetime().nullable(),
  },
  indexes: [
    { name: "idx_users_role", properties: "role" },
    // Unique whatever the case: Ada@example.com and ada@example.com are one address.
    {
      name: "uq_users_email_lower",
      expression: (_columns, table, name) => `create unique index "${name}" on ${table} (lower("email"))`,
    },
  ],
});

/** Somebody who can log in. */
export class User extends UserSchema.class {
  declare [EntityRepositoryType]?: UserRepository;
}
UserSchema.setClass(User);
// Not in the definition above: its type would be inferred from itself.
UserSchema.setCustomRepository(() => UserRepository);
