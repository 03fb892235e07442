import type { Node } from "@pgsql/types";
import type { Schema, Volatility } from "../schema/schema.ts";
import { findAll, open, texts } from "../parse/syntax.ts";

// The volatile functions of PostgreSQL's own that somebody may write into a default; from pg_proc of 18.
const volatile = new Set(
  `clock_timestamp currval gen_random_uuid lastval nextval pg_advisory_lock pg_advisory_xact_lock pg_backend_pid
  pg_notify pg_sleep query_to_xml random random_normal set_config setseed setval timeofday
  txid_current uuidv4 uuidv7 uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 gen_random_bytes gen_salt
  pg_current_xact_id pg_read_file lo_creat lo_create`.split(/\s+/),
);
// Functions that are known not to be volatile, beside those that the catalog tells of.
const calm = new Set(
  `abs age array_agg array_append array_cat array_length array_to_string ascii btrim cardinality ceil ceiling char_length
  chr coalesce concat concat_ws current_database current_schema current_setting current_user date_bin date_part
  date_trunc decode digest div encode enum_first enum_last exp extract floor format get_byte greatest
  hashtext hashtextextended initcap inet isfinite json_array json_build_array json_build_object json_object jsonb_array
  jsonb_build_array jsonb_build_object jsonb_object justify_days justify_hours least left length ln localtimestamp log
  lower lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz md5 mod now nullif numrange int4range
  int8range daterange tsrange tstzrange octet_length overlay pg_client_encoding position power quote_ident quote_literal
  regexp_replace repeat replace reverse right round row_to_json rpad rtrim session_user sha224 sha256 sha384 sha512 sign
  split_part sqrt statement_timestamp strpos substr substring timezone to_char to_date to_hex to_json to_jsonb
  to_number to_timestamp to_tsquery to_tsvector plainto_tsquery phraseto_tsquery setweight similarity transaction_timestamp
  translate trim trunc unaccent upper version width_bucket xmlparse array_remove array_position string_to_array
  jsonb_set jsonb_path_exists jsonb_typeof json_typeof num_nonnulls num_nulls regexp_match regexp_like
  starts_with string_agg bit_length asin acos atan pi degrees radians`.split(/\s+/),
);

/**
 * The volatility of an expression: of the most volatile function in it. `unknown`: it calls one that neither
 * PostgreSQL's own list nor the catalog knows.
 */
export function volatilityOf(expression: Node | undefined, schema: Schema): Volatility | "unknown" {
  const calls = findAll(expression, "FuncCall").map(({ funcname }) => volatilityOfFunction(texts(funcname), schema));
  const values = findAll(expression, "SQLValueFunction").map((): Volatility => "s");
  const all = new Set([...calls, ...values]);
  return (["v", "unknown", "s"] as const).find((one) => all.has(one)) ?? "i";
}

function volatilityOfFunction(name: readonly string[], schema: Schema): Volatility | "unknown" {
  const own = name.at(-1) ?? "";
  const known = schema.volatility.get(own);
  if (known) return known;
  if (schema.functions.has(own) && name[0] !== "pg_catalog") return "unknown";
  if (volatile.has(own)) return "v";
  return calm.has(own) || name[0] === "pg_catalog" ? "s" : "unknown";
}

/** True for a default that is no value at all: none, or NULL with or without a cast. */
export function isNull(expression: Node | undefined): boolean {
  if (!expression) return true;
  const { kind, value } = open(expression);
  if (kind === "TypeCast") return isNull(value["arg"] as Node);
  return kind === "A_Const" && value["isnull"] === true;
}
