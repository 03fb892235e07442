import { EntityRepository } from "@mikro-orm/postgresql";
import type { User } from "./user.ts";

/** One permission that a user holds, and where: in one organization, or on the whole platform (null). */
export interface GrantedPermission {
  readonly permission: string;
  readonly organizationId: string | null;
}

/** Finds users the way that logging in needs them. */
export class UserRepository extends EntityRepository<User> {
  /** The user with this address, whatever its case, or null. */
  async findByEmail(email: string): Promise<User | null> {
    const [row] = await this.em.execute<{ id: string }[]>("select id from users where lower(email) = lower(?)", [
      email,
    ]);
    return row ? await this.findOne(row.id) : null;
  }

  /** Every permission that the user's roles hold, read anew each time: a role that is taken away is gone at once. */
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
