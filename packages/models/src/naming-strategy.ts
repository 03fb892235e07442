import { UnderscoreNamingStrategy } from "@mikro-orm/postgresql";

const prefixes: Record<string, string> = {
  primary: "pk",
  foreign: "fk",
  unique: "uq",
  index: "idx",
  check: "ck",
  default: "df",
  sequence: "seq",
};

/** Names constraints and indexes: `fk_pipelines_organization_id`. Throws an `Error` for more than 63 characters. */
export class NamedConstraintsStrategy extends UnderscoreNamingStrategy {
  override indexName(tableName: string, columns: string[], type: string): string {
    const name = [prefixes[type] ?? type, tableName, ...(type === "primary" ? [] : columns)].join("_");
    if (name.length <= 63) return name;
    throw new Error(
      `The name "${name}" is longer than PostgreSQL's 63 bytes: give this ${type} a shorter name by hand`,
    );
  }
}
