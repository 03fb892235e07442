import { BaseEntity, type Dictionary, p } from "@mikro-orm/core";
import type { JsonObject } from "./values.ts";

const now = () => new Date();

const timestamps = {
  createdAt: p.datetime().defaultRaw("now()").onCreate(now),
  updatedAt: p.datetime().defaultRaw("now()").onCreate(now).onUpdate(now),
};

/** Key and time stamps of every table except metrics and logs: the key is a random UUID from PostgreSQL. */
export const modelProperties = { id: p.uuid().primary().defaultRaw("gen_random_uuid()"), ...timestamps };

/** Key and time stamps of metrics and logs, which grow by the million: an identity `bigint`, a string in JavaScript. */
export const recordProperties = { id: p.bigint("string").primary().generated("identity"), ...timestamps };

/** A `jsonb` column whose default is an empty object. */
export const jsonObject = () =>
  p
    .json<JsonObject>()
    .defaultRaw("'{}'")
    .onCreate((): JsonObject => ({}));

/** The base class of all models. */
export abstract class BaseModel extends BaseEntity {
  /** The row as a plain object, ready for JSON, without hidden properties such as `hashedPassword`. */
  toDictionary(): Dictionary {
    return this.toObject();
  }
}
