import type { FastifySchemaCompiler, FastifySchemaValidationError } from "fastify";
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";

/**
 * Checks requests against TypeBox schemas. Paths and queries are text and are converted; a body is JSON and is
 * taken as it is: Fastify's own validator would turn null into "" and drop what it does not know.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  return (value: unknown) => {
    const given = httpPart === "body" ? value : Value.Convert(schema, Value.Default(schema, value));
    if (validator.Check(given)) return { value: given };
    return { error: validator.Errors(given) as FastifySchemaValidationError[] };
  };
};
