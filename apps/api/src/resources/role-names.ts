import type { EntityManager } from "@mikro-orm/postgresql";
import { adminRole } from "../administrators.ts";
import { conflict } from "../problem.ts";

/**
 * Reserves `name` for the role `roleId` (null: a new role) in the caller's transaction. Throws a 409 where another role
 * has it, compared as people read it: "ADMIN" and " admin " are "admin".
 */
export async function claimRoleName(em: EntityManager, name: string, roleId: string | null): Promise<void> {
  // The lock keeps others from naming a role until the transaction ends: two cannot both find the name free.
  await em.execute("lock table roles in share row exclusive mode");
  const [found] = await em.execute<{ taken: boolean }[]>(
    `select ${asRead("?")} = ? or exists (
       select from roles where ${asRead("name")} = ${asRead("?")} and id is distinct from ?::uuid
     ) as taken`,
    // The administrators' role is identified by its name: nobody may create another one while it is missing.
    [name, adminRole, name, roleId],
  );
  if (found?.taken) throw conflict("Another role has this name already; upper and lower case are one name", "name");
}

// Characters without width: soft hyphens, joiners, direction marks, fillers, variation selectors.
const unseen = String.raw`\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0`;

/** SQL for a name without case, compatibility forms, blanks around it and invisible characters. */
const asRead = (text: string) =>
  String.raw`regexp_replace(lower(normalize(${text}, nfkc)), '^[\s${unseen}]+|[\s${unseen}]+$|[${unseen}]', '', 'g')`;
