import type { EntityManager } from "@mikro-orm/postgresql";
import { adminRole } from "../administrators.ts";
import { conflict } from "../problem.ts";

/**
 * Takes `name` for the role `roleId` (null: one that is not there yet) within the caller's transaction. Throws a 409
 * where another role has it: "ADMIN" and " admin " are "admin" to everybody who reads a list of roles.
 */
export async function claimRoleName(em: EntityManager, name: string, roleId: string | null): Promise<void> {
  // Until the transaction ends nobody else names a role, so that two at once cannot both find the name free.
  await em.execute("lock table roles in share row exclusive mode");
  const [found] = await em.execute<{ taken: boolean }[]>(
    `select ${asRead("?")} = ? or exists (
       select from roles where ${asRead("name")} = ${asRead("?")} and id is distinct from ?::uuid
     ) as taken`,
    // The administrators' role is known by its name: nobody makes another one where it is missing.
    [name, adminRole, name, roleId],
  );
  if (found?.taken) throw conflict("Another role has this name already; upper and lower case are one name", "name");
}

// Soft hyphens, joiners, marks of direction, fillers, variation selectors: characters of no width.
const unseen = String.raw`\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0`;

/** The name without what a reader of it does not see. */
const asRead = (text: string) =>
  String.raw`regexp_replace(lower(normalize(${text}, nfkc)), '^[\s${unseen}]+|[\s${unseen}]+$|[${unseen}]', '', 'g')`;
