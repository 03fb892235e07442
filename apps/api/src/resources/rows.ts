import type { EntityClass, EntityManager } from "@mikro-orm/postgresql";
import { type Grants, holds, type PermissionName } from "../auth/access.ts";
import { forbidden, notFound } from "../problem.ts";
import type { PageRequest } from "./schemas.ts";

interface Row {
  id: string;
  createdAt: Date;
}

/** What a page reads of its rows: relations that come with them, and columns that a list leaves out. */
export interface PageColumns {
  readonly populate?: readonly string[];
  /** Columns without a bound of their own, such as JSON: one big value would be the size and time of the whole page. */
  readonly exclude?: readonly string[];
}

/** One page of the rows that `where` lets through; oldest first, so that pages do not shift under the reader. */
export async function findPage<Entity extends Row, View>(
  em: EntityManager,
  entity: EntityClass<Entity>,
  where: object,
  { limit, offset }: PageRequest,
  toView: (row: Entity) => View,
  columns: PageColumns = {},
) {
  const options = { limit, offset, orderBy: { createdAt: "asc", id: "asc" } as never, ...(columns as object) };
  const [rows, total] = await em.findAndCount(entity, where, options);
  return { items: rows.map((row) => toView(row as Entity)), total, limit, offset };
}

/** The row with this key; throws a 404 that says what is not there. */
export async function findRow<Entity extends Row>(
  em: EntityManager,
  entity: EntityClass<Entity>,
  id: string,
  what: string,
): Promise<Entity> {
  const row = await em.findOne(entity, id as never);
  if (!row) throw notFound(what);
  return row;
}

/** Throws unless `permission` is held in the organization: 404 where the row may not even be seen, otherwise 403. */
export function requireIn(grants: Grants, permission: PermissionName, organizationId: string, what: string): void {
  if (holds(grants, permission, organizationId)) return;
  const reading = permission.replace(":write", ":read");
  throw holds(grants, reading, organizationId)
    ? forbidden(`This ${what} needs the permission ${permission}`)
    : notFound(what);
}

/** The filters that are set. */
export function defined<Filters extends object>(filters: Filters): Partial<Filters> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as Partial<Filters>;
}
