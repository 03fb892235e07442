import type { DatabaseError } from "pg";
import type { Query } from "../postgres/connection.ts";
import { RefusedError } from "../errors.ts";
import { installFirst } from "../shadow/extensions.ts";

/** PostgreSQL refuses a statement of the models. */
export class ModelsRefusedError extends RefusedError {}

/**
 * Makes the error for a statement that PostgreSQL refuses: the statement, the reason and the remedy. Asks the server at
 * `query` whether it has a missing extension.
 */
export async function refuseModels(query: Query, statement: string, cause: Error): Promise<ModelsRefusedError> {
  const extension = findExtension(cause as DatabaseError);
  const way = extension === undefined ? wayByHand : await wayToExtension(query, extension);
  const message = `PostgreSQL refuses the models' statement "${statement}": ${cause.message}. ${way}`;
  return new ModelsRefusedError(message, { cause });
}

const wayByHand = "Write this change by hand: migrator create NAME --blank";

/** What PostgreSQL's own extensions and the best known others provide. */
const brought: readonly (readonly [extension: string, names: RegExp])[] = [
  ["citext", /"citext"/],
  ["hstore", /"hstore"/],
  ["ltree", /"l(tree|query|txtquery)"/],
  ["cube", /"cube"/],
  ["isn", /"(ean13|is[bms]n(13)?|upc)"/],
  ["uuid-ossp", /\buuid_(generate_v|ns_|nil)/],
  ["pgcrypto", /\b(crypt|gen_salt|digest|hmac|gen_random_bytes|pgp_\w+)\(/],
  ["pg_trgm", /gi(n|st)_trgm_ops|\b(word_|strict_word_)?similarity\(/],
  ["unaccent", /\bunaccent\(/],
  ["btree_gin", /for access method "gin"/],
  ["btree_gist", /for access method "gist"/],
  ["vector", /"(vector|halfvec|sparsevec)"|"(vector|halfvec|sparsevec)_\w+_ops"|access method "(hnsw|ivfflat)"/],
  ["postgis", /"(geometry|geography|raster|box[23]d)"|\bst_\w+\(/i],
];

/** The extension that provides what PostgreSQL misses; an empty text: not known; undefined: another error. */
function findExtension({ code, message }: DatabaseError): string | undefined {
  // undefined_object and undefined_function.
  if (code !== "42704" && code !== "42883") return undefined;
  return brought.find(([, names]) => names.test(message))?.[0] ?? "";
}

async function wayToExtension(query: Query, extension: string): Promise<string> {
  const name = extension === "" ? "EXTENSION" : /^\w+$/.test(extension) ? extension : `"${extension}"`;
  const make = `create the extension in a migration of its own before this one: migrator create NAME --blank, with this.addSql(\`create extension if not exists ${name}\`)`;
  if (extension === "") return `If an extension provides it, ${make}. Otherwise write this change by hand`;
  const there = await query("select from pg_available_extensions where name = $1", [extension]).catch(() => [{}]);
  return `The extension ${extension} provides it: ${make}${there.length > 0 ? "" : `. ${installFirst(extension)}`}`;
}
