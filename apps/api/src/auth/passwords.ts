import { createHmac } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";

/** The minimum length of a password, in characters. */
export const minimumPasswordLength = 12;

/** The maximum length: hashing megabytes is work that anybody could make the API do. */
export const maximumPasswordLength = 256;

/** Hashes with argon2id at the library's default costs, which are OWASP's (19 MiB, two passes). */
export async function hashPassword(password: string): Promise<string> {
  return await hash(password);
}

// A hash that fits no password and costs as much to verify as a real one.
const unknown = hash(crypto.randomUUID());

/**
 * Whether the password fits the hash. Takes the same time without a hash (unknown address), and with an older system's
 * hash, which fits no password.
 */
export async function verifyPassword(hashed: string | undefined, password: string): Promise<boolean> {
  const compared = hashed?.startsWith("$argon2") ? hashed : await unknown;
  const fits = await verify(compared, password).catch(() => false);
  return fits && compared === hashed;
}

/** A session's keyed digest of the password hash: changes with the password, reveals nothing without the secret. */
export function fingerprint(hashed: string, secret: string): string {
  return createHmac("sha256", secret).update(hashed).digest("base64url").slice(0, 22);
}
