import type { EntityClass, EntityManager } from "@mikro-orm/postgresql";
import { type Grants, holds, type PermissionName } from "../auth/access.ts";
import { forbidden, notFound } from "../problem.ts";
import type { PageRequest } from "./schemas.ts";

interface Row {
  id: string;
  createdAt: Date;
}

/** Relations to load with a page's rows, and columns to leave out. */
export interface PageColumns {
  readonly populate?: readonly string[];
  /** Columns of large size, such as JSON: one large value would make the whole page large and slow. */
  readonly exclude?: readonly string[];
}

/** One page of the rows that match `where`, oldest first, so that new rows do not shift the pages. */
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

/** The row with this id; throws a 404 that names `what` is missing. */
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

/** Throws unless `permission` is held in the organization: a 404 if the caller may not read the row, else a 403. */
export function requireIn(grants: Grants, permission: PermissionName, organizationId: string, what: string): void {
  if (holds(grants, permission, organizationId)) return;
  const reading = permission.replace(":write", ":read");
  throw holds(grants, reading, organizationId)
    ? forbidden(`This ${what} needs the permission ${permission}`)
    : notFound(what);
}

/** Removes undefined filters. */
export function defined<Filters extends object>(filters: Filters): Partial<Filters> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as Partial<Filters>;
}
