import type { JsonObject } from "@thedata/models";
import { type Static, type TProperties, type TSchema, Type } from "typebox";
import type { PermissionName } from "../auth/access.ts";
import type { Access } from "../auth/authenticate.ts";
import { maximumDepth } from "../json-parser.ts";

/** A row's id, a UUID. */
export const Id = Type.String({ format: "uuid" });

/** A point in time, ISO 8601 in UTC. */
export const Timestamp = Type.String({ format: "date-time" });

/** The schema, or null. */
export const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** A text that is not blank. */
export const Name = Type.String({ maxLength: 255, pattern: "\\S" });

/** The maximum size of a JSON column's value, in bytes of UTF-8 without white space between values. */
export const maximumJsonBytes = 64 * 1024;

/** Any JSON object; `requireSmall` checks its size. */
export const JsonObjectValue = Type.Unsafe<JsonObject>({
  type: "object",
  additionalProperties: true,
  description: `At most ${maximumJsonBytes} bytes of JSON, nested ${maximumDepth} levels with the body around it; lists leave it out`,
});

/** An object with these properties and no others. */
export const Exactly = <Properties extends TProperties>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });

/** The path parameter with a row's id. */
export const IdParams = Exactly({ id: Id });

const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 50, description: "How many rows at most" }),
  offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0, description: "How many rows to leave out first" }),
};

/** A list's query: page and filters. */
export const ListQuery = <Filters extends TProperties>(filters: Filters) => Exactly({ ...pageQuery, ...filters });

/** One page of a list, the oldest row first. */
export const Page = <Item extends TSchema>(item: Item) =>
  Exactly({
    items: Type.Array(item),
    total: Type.Integer({ description: "How many rows there are on all pages" }),
    limit: Type.Integer(),
    offset: Type.Integer(),
  });

/** The requested page. */
export interface PageRequest {
  readonly limit: number;
  readonly offset: number;
}

/** The empty answer of a removal. */
export const Nothing = Type.Null({ description: "Done" });

/** RFC 9457's problem document. */
export const ProblemDocument = Exactly({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String(),
  errors: Type.Array(
    Exactly({ pointer: Type.Optional(Type.String()), parameter: Type.Optional(Type.String()), detail: Type.String() }),
  ),
});

/** A route's documentation: group, one sentence, and whether it needs a session. */
export function about(tag: string, summary: string, security: "session" | "public" = "session") {
  return { tags: [tag], summary, security: security === "session" ? [{ session: [] }] : [] };
}

/** Restricts a route to holders of `permission` in any organization; the handler checks the organization. */
export function needs(permission: PermissionName): { access: Access } {
  return { access: { permission, platform: false } };
}

/** Restricts a route to holders of `permission` on the whole platform. */
export function needsOnPlatform(permission: PermissionName): { access: Access } {
  return { access: { permission, platform: true } };
}

/** The type of the values that a schema describes. */
export type ValueOf<Schema extends TSchema> = Static<Schema>;
