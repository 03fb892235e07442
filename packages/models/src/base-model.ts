import { BaseEntity, type Dictionary, p } from "@mikro-orm/core";
import type { JsonObject } from "./values.ts";

const now = () => new Date();

const timestamps = {
  createdAt: p.datetime().defaultRaw("now()").onCreate(now),
  updatedAt: p.datetime().defaultRaw("now()").onCreate(now).onUpdate(now),
};

/** Key and time stamps of every table but metrics and logs: the key is a random UUID that PostgreSQL gives. */
export const modelProperties = { id: p.uuid().primary().defaultRaw("gen_random_uuid()"), ...timestamps };

/** Key and time stamps of metrics and logs, which grow by the million: the key counts up, as text in JavaScript. */
export const recordProperties = { id: p.bigint("string").primary().generated("identity"), ...timestamps };

/** A `jsonb` column that is an empty object until somebody fills it. */
export const jsonObject = () =>
  p
    .json<JsonObject>()
    .defaultRaw("'{}'")
    .onCreate((): JsonObject => ({}));

/** What every model can do. */
export abstract class BaseModel extends BaseEntity {
  /** The row as a plain object, ready for JSON; a hidden property such as `hashedPassword` is never in it. */
  toDictionary(): Dictionary {
    return this.toObject();
  }
}
