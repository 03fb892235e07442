import { objectQueries } from "./object-queries.ts";
import { relationQueries } from "./relation-queries.ts";

/**
 * One query for the whole catalog; `$1`: oids of relations to leave out, `$2`: oid of the role that owns the schema,
 * `$3`: the names of the schemas to read, or null.
 */
export function catalogSql(): string {
  const all = [...objectQueries, ...relationQueries].map(
    ({ kind, sql }) =>
      `select '${kind}' as kind, name, "table", position, (properties -> 'inherited') = 'true' as inherited, jsonb_strip_nulls(properties) - 'inherited' as properties from (${sql}) as o`,
  );
  return `with given as materialized (select $1::oid[] as excluded, $2::oid as owner, $3::text[] as schemas)\n${all.join("\nunion all ")}`;
}
