import { escapeLiteral } from "pg";
import { alterRights, changeRights, list, type DdlBuilder, rightsOf, target, text } from "./parts.ts";

/** DDL builder for enums: PostgreSQL can only add and rename values. */
export const enums: DdlBuilder = {
  create: (object) => [
    `create type ${object.name} as enum (${list(object, "values").map(escapeLiteral).join(", ")})`,
    ...rightsOf(object),
  ],
  drop: (object) => [`drop ${target(object)}`],
  alter(expected, found, changed, catalog) {
    if (!changed.includes("values")) return alterRights(expected, found, changed, catalog);
    const [now, wanted] = [list(found, "values"), list(expected, "values")];
    const other = wanted.filter((value, index) => value !== now[index]);
    if (now.length === wanted.length && other.length === 1 && other[0] !== undefined)
      return [renameValue(expected.name, now[wanted.indexOf(other[0])] ?? "", other[0])];
    if (now.join("\n") !== wanted.filter((value) => now.includes(value)).join("\n"))
      return [
        `-- PostgreSQL cannot remove or reorder enum values: create a new type in place of ${expected.name}, and change its columns to it`,
      ];
    return wanted.flatMap((value, index) => {
      if (now.includes(value)) return [];
      const before = wanted[index - 1];
      const place = before === undefined ? ` before ${escapeLiteral(now[0] ?? "")}` : ` after ${escapeLiteral(before)}`;
      return [`alter type ${expected.name} add value ${escapeLiteral(value)}${now.length > 0 ? place : ""}`];
    });
  },
};

function renameValue(type: string, from: string, to: string): string {
  return `alter type ${type} rename value ${escapeLiteral(from)} to ${escapeLiteral(to)}`;
}

/** DDL builder for domains with their constraints. */
export const domains: DdlBuilder = {
  create: (object) => [
    [
      `create domain ${object.name} as ${text(object, "type")}`,
      ...(object.properties["collation"] ? [`collate ${text(object, "collation")}`] : []),
      ...(object.properties["default"] ? [`default ${text(object, "default")}`] : []),
      ...(object.properties["notNull"] ? ["not null"] : []),
      ...list(object, "constraints").map((constraint) => `constraint ${constraint}`),
    ].join(" "),
    ...rightsOf(object),
  ],
  drop: (object) => [`drop ${target(object)}`],
  alter(expected, found, changed) {
    if (changed.includes("type") || changed.includes("collation")) return undefined;
    const alter = `alter domain ${expected.name}`;
    const [now, wanted] = [list(found, "constraints"), list(expected, "constraints")];
    return [
      ...(changed.includes("default")
        ? [`${alter} ${expected.properties["default"] ? `set default ${text(expected, "default")}` : "drop default"}`]
        : []),
      ...(changed.includes("notNull") ? [`${alter} ${expected.properties["notNull"] ? "set" : "drop"} not null`] : []),
      ...now
        .filter((one) => !wanted.includes(one))
        .map((one) => `${alter} drop constraint ${/^("(?:[^"]|"")*"|\S+)/.exec(one)?.[0]}`),
      ...wanted.filter((one) => !now.includes(one)).map((one) => `${alter} add constraint ${one}`),
      ...changeRights(expected, found, changed),
    ];
  },
};

/** DDL builder for composite types. */
export const composites: DdlBuilder = {
  create: (object) => [`create type ${object.name} as (${list(object, "attributes").join(", ")})`, ...rightsOf(object)],
  drop: (object) => [`drop ${target(object)}`],
  alter(expected, found, changed, catalog) {
    const rights = alterRights(expected, found, changed, catalog);
    if (rights) return rights;
    const [now, wanted] = [list(found, "attributes"), list(expected, "attributes")];
    const name = (attribute: string) => /^("(?:[^"]|"")*"|\S+)/.exec(attribute)?.[0] ?? "";
    return [
      ...now
        .filter((one) => !wanted.includes(one))
        .map((one) => `alter type ${expected.name} drop attribute ${name(one)}`),
      ...wanted.filter((one) => !now.includes(one)).map((one) => `alter type ${expected.name} add attribute ${one}`),
    ];
  },
};
