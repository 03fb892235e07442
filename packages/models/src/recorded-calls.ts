import type { EntityManager } from "@mikro-orm/core";
import { User } from "./user.ts";

/**
 * Calls each method of the repositories once, for the contract of a release: it records what they send. The rows do
 * not matter.
 */
export async function recordedCalls(em: EntityManager): Promise<void> {
  const users = em.getRepository(User);
  await users.findByEmail("ada@example.com");
  await users.findPermissions("00000000-0000-4000-8000-000000000000");
}
