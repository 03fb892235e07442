import type { FastifyInstance } from "fastify";
import { HttpProblem } from "./problem.ts";

/** The maximum nesting of objects and lists in a body. */
export const maximumDepth = 64;

/** Parses JSON as Fastify does, but answers 400 for a nesting so deep that recursive code could overflow the stack. */
export function addJsonParser(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (isDeeper(body, maximumDepth))
      done(new HttpProblem(400, `The body is nested too deep: it takes at most ${maximumDepth} levels`));
    // The parser calls `done`; only its type says that it might return a promise.
    else void parse(request, body, done);
  });
}

/** Counts brackets outside strings, before parsing: parsed values can only be walked by recursion. */
function isDeeper(json: string, limit: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (inText && character === "\\") at++;
    else if (character === '"') inText = !inText;
    else if (inText) continue;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    if (depth > limit) return true;
  }
  return false;
}
