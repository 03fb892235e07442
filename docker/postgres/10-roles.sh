#!/usr/bin/env bash
# Runs once, when the volume is empty. Two roles: the owner of the schema, for `migrate`, and one that reads and
# writes rows and nothing else, for `api`. The migrator keeps its own ledger closed to the second one.
set -Eeuo pipefail

# The passwords are read by psql itself: on its command line every process would see them.
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  -v owner="$MIGRATE_USER" -v api="$API_USER" -v database="$POSTGRES_DB" <<'SQL'
\set owner_password `cat "$MIGRATE_PASSWORD_FILE"`
\set api_password `cat "$API_PASSWORD_FILE"`
create role :"owner" login password :'owner_password';
create role :"api" login password :'api_password';
alter database :"database" owner to :"owner";
alter schema public owner to :"owner";
revoke all on database :"database" from public;
grant connect on database :"database" to :"api";
grant usage on schema public to :"api";
alter default privileges for role :"owner" in schema public grant select, insert, update, delete on tables to :"api";
alter default privileges for role :"owner" in schema public grant usage, select on sequences to :"api";
SQL
