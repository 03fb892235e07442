import { compileFunction } from "node:vm";
import { RecordedMigration } from "./recorder.ts";

const theImport = /^import\s*\{\s*Migration\s*\}\s*from\s*(["'])@mikro-orm\/migrations\1;?/m;
const theExport = /^export(?=\s+class\s+([A-Za-z_$][\w$]*)\s+extends\s+Migration\s*\{)/m;
// Other modules, the surroundings, the clock: what the text alone does not say. And what only a module, or only
// something that is no module, may hold.
const reachesOut =
  /\b(import|export|require|module|exports|process|global|globalThis|eval|Function|Date|Math|performance|crypto|Intl|Temporal|arguments|__filename|__dirname)\b|<!--|-->/;
const typedHead =
  /^(\s*)(?:public\s+)?(?:override\s+)?(async\s+)?(up|down|isTransactional)\(\)(?:\s*:\s*(?:Promise<void>|void|boolean))?(?=\s*\{)/gm;
// What is left of types is a syntax error in JavaScript, but for arguments of a type: f<T>(x).
const typedCall = /[\w$)\]]\s*<[^;]*?>\s*[(`]/;

/**
 * The exports of a migration that is nothing but its text: one class, and of other modules the base class alone.
 * Costs a tenth of an import, and leaves nothing behind. Undefined for all else, which must be imported.
 */
export function evaluate(file: string, source: string): Record<string, unknown> | undefined {
  const name = theExport.exec(source)?.[1];
  if (name === undefined || !theImport.test(source) || file.endsWith(".cjs")) return undefined;
  const blank = (found: string) => found.replaceAll(/\S/g, " ");
  const body = withoutTypes(file, source.replace(theImport, blank).replace(theExport, blank));
  if (body === undefined || reachesOut.test(body)) return undefined;
  try {
    const code = `"use strict"; ${body}\nreturn { ${name} };`;
    return compileFunction(code, ["Migration"], { filename: file })(RecordedMigration) as Record<string, unknown>;
  } catch {
    // The import says what is wrong with it.
    return undefined;
  }
}

function withoutTypes(file: string, source: string): string | undefined {
  if (!file.endsWith(".ts")) return source;
  const body = source.replaceAll(typedHead, "$1$2$3()");
  return typedCall.test(body) ? undefined : body;
}
