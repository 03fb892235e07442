import { escapeIdentifier } from "pg";
import type { Query } from "../postgres/connection.ts";
import { auditTable, type LedgerTable, qualified } from "./tables.ts";

/**
 * Finds what lets anybody but the session's own role and superusers write into ledger or audit, in sentences that each
 * end with the command that ends it. What the ledger holds is run as this role.
 */
export async function findOtherWriters(query: Query, ledger: LedgerTable): Promise<string[]> {
  const found: string[] = [];
  for (const table of [ledger, auditTable(ledger)])
    found.push(
      ...(await findOtherOwner(query, table)),
      ...(await findGrants(query, table)),
      ...(await findForeignTriggers(query, table, ledger)),
      ...(await findRules(query, table)),
    );
  return [...found, ...(await findMightyWriters(query, ledger))];
}

/** An owner writes what it likes, and this session would run it. */
async function findOtherOwner(query: Query, table: LedgerTable): Promise<string[]> {
  const rows = await query<{ owner: string }>(
    `select pg_get_userbyid(relowner) as owner from pg_class
      where oid = to_regclass($1) and pg_get_userbyid(relowner) <> current_user
        and not (select rolsuper from pg_roles where oid = relowner)`,
    [qualified(table)],
  );
  return rows.map(
    ({ owner }) =>
      `${nameOf(table)} belongs to ${owner}, and this session is of another role: connect as that role, or: alter table ${qualified(table)} owner to current_user`,
  );
}

// Whoever may create a trigger on a table has its writers run it.
const writing = "('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')";

/** Rights on the table and on its columns, without those of roles that may become the owner in any case. */
async function findGrants(query: Query, table: LedgerTable): Promise<string[]> {
  const rows = await query<{ grantee: string | null; rights: string }>(
    `select g.rolname as grantee, string_agg(distinct a.privilege_type, ', ') as rights
       from (select oid, relowner, relacl as acl from pg_class where oid = to_regclass($1)
             union all
             select c.oid, relowner, attacl from pg_attribute join pg_class c on c.oid = attrelid
              where attrelid = to_regclass($1) and attacl is not null) as t
      cross join aclexplode(t.acl) as a
       left join pg_roles g on g.oid = a.grantee
      where a.privilege_type in ${writing} and a.grantee <> t.relowner
        and (g.oid is null or not pg_has_role(g.oid, t.relowner, 'MEMBER'))
      group by g.rolname order by 1`,
    [qualified(table)],
  );
  return rows.map(({ grantee, rights }) => {
    const who = grantee === null ? "public" : escapeIdentifier(grantee);
    return `${grantee ?? "everybody"} has the right of ${rights} on ${nameOf(table)}: revoke ${rights} on ${qualified(table)} from ${who}`;
  });
}

async function findForeignTriggers(query: Query, table: LedgerTable, ledger: LedgerTable): Promise<string[]> {
  const rows = await query<{ name: string; own: boolean; on: boolean }>(
    `select tgname as name, tgenabled in ('O', 'A') as on,
            tgname = 'only_grows' and tgrelid = to_regclass($2) and tgfoid = to_regproc($3) as own
       from pg_trigger where tgrelid = to_regclass($1) and not tgisinternal order by 1`,
    [qualified(table), qualified(auditTable(ledger)), refusalOf(ledger)],
  );
  const foreign = rows
    .filter(({ own }) => !own)
    .map(
      ({ name }) =>
        `the trigger ${name} is on ${nameOf(table)}: drop trigger ${escapeIdentifier(name)} on ${qualified(table)}`,
    );
  return table === ledger ? foreign : [...foreign, ...describeOwn(rows, table, ledger)];
}

/** Without its trigger, the audit may have been changed. */
function describeOwn(
  rows: readonly { readonly own: boolean; readonly on: boolean }[],
  table: LedgerTable,
  ledger: LedgerTable,
): string[] {
  const own = rows.find((row) => row.own);
  if (own?.on) return [];
  const how = own
    ? `alter table ${qualified(table)} enable trigger only_grows`
    : `create or replace trigger only_grows before update or delete or truncate on ${qualified(table)} for each statement execute function ${refusalOf(ledger)}()`;
  return [`the trigger only_grows of ${nameOf(table)} is ${own ? "disabled" : "gone"}: ${how}`];
}

function refusalOf({ schema, table }: LedgerTable): string {
  return qualified({ schema, table: `${table}_audit_refuse` });
}

async function findRules(query: Query, table: LedgerTable): Promise<string[]> {
  const rows = await query<{ name: string }>(
    "select rulename as name from pg_rewrite where ev_class = to_regclass($1) order by 1",
    [qualified(table)],
  );
  return rows.map(
    ({ name }) => `the rule ${name} is on ${nameOf(table)}: drop rule ${escapeIdentifier(name)} on ${qualified(table)}`,
  );
}

/** Members of `pg_write_all_data` may write every table. */
async function findMightyWriters(query: Query, ledger: LedgerTable): Promise<string[]> {
  const rows = await query<{ name: string }>(
    `select m.rolname as name from pg_roles m
      where m.rolname <> 'pg_write_all_data' and pg_has_role(m.oid, 'pg_write_all_data', 'MEMBER')
        and not pg_has_role(m.oid, (select relowner from pg_class where oid = to_regclass($1)), 'MEMBER') order by 1`,
    [qualified(ledger)],
  );
  return rows.map(
    ({ name }) =>
      `${name} may write every table, as a member of pg_write_all_data: revoke pg_write_all_data from ${escapeIdentifier(name)}`,
  );
}

function nameOf({ schema, table }: LedgerTable): string {
  return `${schema}.${table}`;
}
