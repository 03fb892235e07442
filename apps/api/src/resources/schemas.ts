import type { JsonObject } from "@thedata/models";
import { type Static, type TProperties, type TSchema, Type } from "typebox";
import type { PermissionName } from "../auth/access.ts";
import type { Access } from "../auth/authenticate.ts";
import { maximumDepth } from "../json-parser.ts";

/** A row's key. */
export const Id = Type.String({ format: "uuid" });

/** A point in time, ISO 8601 in UTC. */
export const Timestamp = Type.String({ format: "date-time" });

/** A value that may be absent. */
export const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

/** One line of text that is not blank. */
export const Name = Type.String({ maxLength: 255, pattern: "\\S" });

/** The most bytes that a row keeps in one JSON column, as UTF-8 without white space between the values. */
export const maximumJsonBytes = 64 * 1024;

/** Any JSON object that is not too big; `requireSmall` sees to its size. */
export const JsonObjectValue = Type.Unsafe<JsonObject>({
  type: "object",
  additionalProperties: true,
  description: `At most ${maximumJsonBytes} bytes of JSON, nested ${maximumDepth} levels with the body around it; lists leave it out`,
});

/** An object with these properties and no others. */
export const Exactly = <Properties extends TProperties>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });

/** The key of the row that a path names. */
export const IdParams = Exactly({ id: Id });

const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 50, description: "How many rows at most" }),
  offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0, description: "How many rows to leave out first" }),
};

/** The query of a list: which page, and these filters. */
export const ListQuery = <Filters extends TProperties>(filters: Filters) => Exactly({ ...pageQuery, ...filters });

/** One page of a list, the oldest row first. */
export const Page = <Item extends TSchema>(item: Item) =>
  Exactly({
    items: Type.Array(item),
    total: Type.Integer({ description: "How many rows there are on all pages" }),
    limit: Type.Integer(),
    offset: Type.Integer(),
  });

/** Which page is asked for. */
export interface PageRequest {
  readonly limit: number;
  readonly offset: number;
}

/** The answer of a removal: nothing. */
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

/** What the documentation says of a route: its group, one sentence, and whether it needs a session. */
export function about(tag: string, summary: string, security: "session" | "public" = "session") {
  return { tags: [tag], summary, security: security === "session" ? [{ session: [] }] : [] };
}

/** A route for holders of `permission` in the organization that the request is about. */
export function needs(permission: PermissionName): { access: Access } {
  return { access: { permission, platform: false } };
}

/** A route for holders of `permission` on the whole platform. */
export function needsOnPlatform(permission: PermissionName): { access: Access } {
  return { access: { permission, platform: true } };
}

/** The value that a schema describes. */
export type ValueOf<Schema extends TSchema> = Static<Schema>;
