import type { EntityProperty } from "@mikro-orm/core";
import type { Family } from "../contract/contract.ts";

/** A value as the driver gives it to MikroORM. */
const samples: Readonly<Record<Family, unknown>> = {
  number: 7,
  numeric: "7",
  // As text, this is a true value in JavaScript.
  boolean: false,
  text: "some text",
  timestamp: "2024-05-06 07:08:09.123+00",
  date: "2024-05-06",
  time: "07:08:09",
  json: { some: "json" },
  array: ["some text"],
  bytes: Buffer.from("some bytes"),
};

/** The sample of one family as the driver gives it once its column has another family. */
export function sampleAs(own: Family, family: Family): unknown {
  if (family === own) return samples[own];
  if (family === "text" || family === "numeric") return textOf(own);
  if (family === "number" && own === "numeric") return Number(samples.numeric);
  return samples[family];
}

function textOf(family: Family): unknown {
  const value = samples[family];
  if (family === "json") return JSON.stringify(value);
  return family === "array" ? samples.text : family === "bytes" ? "\\x736f6d65" : String(value);
}

/** The value that the driver gives for a column of this family; one of the property's items where it has items. */
export function sampleOf({ items, array }: EntityProperty, family: Family): unknown {
  const [item] = items ?? [];
  if (item === undefined) return samples[family];
  if (family === "array") return [item];
  return family === "text" && array !== true ? item : samples[family];
}
