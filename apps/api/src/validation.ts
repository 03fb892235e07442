import type { FastifySchemaCompiler, FastifySchemaValidationError } from "fastify";
import { type TSchema, Type } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";

/**
 * Checks requests against TypeBox schemas. Paths and queries are text and are converted; a JSON body is not: Fastify's
 * own validator would turn null into "" and drop unknown properties.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  return (value: unknown) => {
    const given = httpPart === "body" ? value : Value.Default(schema, readTexts(schema, value));
    if (validator.Check(given)) return { value: given };
    return { error: validator.Errors(given) as FastifySchemaValidationError[] };
  };
};

// TypeBox's conversion accepts 1.5, 0x10 and "true" as integers: the caller would get an unexpected page.
const decimalInteger = /^(0|-?[1-9]\d*)$/;

/** Converts parameters to integers and booleans where the schema has these types and the text is valid. */
function readTexts(schema: TSchema, parameters: unknown): unknown {
  if (!Type.IsObject(schema) || typeof parameters !== "object" || parameters === null) return parameters;
  const { properties } = schema;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, text]) => [name, readText(properties[name], text as unknown)]),
  );
}

function readText(schema: TSchema | undefined, text: unknown): unknown {
  if (typeof text !== "string") return text;
  if (Type.IsInteger(schema) && decimalInteger.test(text)) return Number(text);
  if (Type.IsBoolean(schema) && (text === "true" || text === "false")) return text === "true";
  return text;
}
