import { createHmac } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";

/** The fewest characters of a password. */
export const minimumPasswordLength = 12;

/** The most: hashing megabytes is work that anybody could make us do. */
export const maximumPasswordLength = 256;

/** Hashes with argon2id; the library's costs are OWASP's (19 MiB, two passes). */
export async function hashPassword(password: string): Promise<string> {
  return await hash(password);
}

// Costs as much to verify as a real one and fits no password.
const unknown = hash(crypto.randomUUID());

/**
 * Whether the password fits. Takes the same time where there is no hash because nobody has that address, and where
 * the hash is an older system's, which fits no password.
 */
export async function verifyPassword(hashed: string | undefined, password: string): Promise<boolean> {
  const compared = hashed?.startsWith("$argon2") ? hashed : await unknown;
  const fits = await verify(compared, password).catch(() => false);
  return fits && compared === hashed;
}

/** What a session remembers of the password hash: another password, another fingerprint. Without the secret it tells nothing. */
export function fingerprint(hashed: string, secret: string): string {
  return createHmac("sha256", secret).update(hashed).digest("base64url").slice(0, 22);
}
