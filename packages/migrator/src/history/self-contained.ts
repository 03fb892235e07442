import { RecordedMigration } from "./migration-class.ts";
import type { Token } from "./source-tokens.ts";

// Lists of what is allowed: a list of what is forbidden would never be complete.
const keywords = wordsOf(`async await break class const continue do else extends false for function if in instanceof let
  new null return static this throw true typeof undefined var void while yield
  any as boolean get interface never number of override private protected public readonly set string type unknown`);
const globals = wordsOf("Array Boolean Error JSON Map Math Number Object Promise Record Set String");
const methods = wordsOf(`addSql down execute getEntityManager isTransactional up
  abs add at ceil concat endsWith entries every fill filter find findIndex findLast flat flatMap floor forEach from
  fromEntries get has includes indexOf isArray join keys lastIndexOf map max min of padEnd padStart parse pop push raw
  reduce reduceRight repeat replace replaceAll reverse round set shift slice some sort splice split startsWith stringify
  substring toFixed toLowerCase toReversed toSorted toString toUpperCase trim trimEnd trimStart unshift values with`);
const properties = wordsOf("length message name size");
const signs = /^(?:[{}()[\];,<>=!&|?:+\-*%.~^]|\d\w*)$/;
/** After these words `[` begins an array; after any other word it accesses a member. */
const operators = wordsOf("await const do else extends in instanceof let new of return throw typeof var void yield");
/** Names that a module or function has without a declaration. */
const surroundings = wordsOf("arguments eval exports module require __dirname __filename");

/**
 * True if a migration's statements follow from its text: it imports the base class alone, names only what it declares,
 * and calls only what clock, locale, environment and other files do not change. Types count as code.
 */
export function isSelfContained(tokens: readonly Token[], head: Head): boolean {
  const code = tokens.filter((token) => !head.all.has(token));
  const partners = matchBrackets(code);
  const declared = findDeclared(code, partners);
  return code.every((token, index) => {
    if (token.kind === "word") return isHarmlessWord(code, index, declared);
    if (token.kind === "sign") return isHarmlessSign(code, index, partners);
    return !isKey(code, index) || !(token.text.includes("\\") || isInherited(token.text));
  });
}

const importHead = ["import", "{", "Migration", "}", "from", "@mikro-orm/migrations"];

/** The import, export and class heading of a file that holds one migration. */
export interface Head {
  readonly name: string;
  /** The tokens that import the base class. */
  readonly imports: readonly Token[];
  readonly exports: Token;
  /** The tokens of import and export, and those that extend the base class. */
  readonly all: ReadonlySet<Token>;
}

/** Finds the import of the base class and the exported class that extends it; undefined where one is missing. */
export function findHead(tokens: readonly Token[]): Head | undefined {
  const find = (word: string) => tokens.findIndex((token) => token.text === word && token.kind === "word");
  const [from, to] = [find("import"), find("export")];
  if (from < 0 || to < 0) return undefined;
  const imports = tokens.slice(from, from + importHead.length);
  const [exports, word, name, ...base] = tokens.slice(to, to + 6);
  const isHead =
    imports.map(({ text }) => text).join(" ") === importHead.join(" ") &&
    word?.text === "class" &&
    base.map(({ text }) => text).join(" ") === "extends Migration {";
  if (!isHead || !exports || !name) return undefined;
  return { name: name.text, imports, exports, all: new Set([...imports, exports, ...base.slice(0, 2)]) };
}

/** The index of each bracket's partner, by the index of the bracket. */
export function matchBrackets(code: readonly Token[]): ReadonlyMap<number, number> {
  const partners = new Map<number, number>();
  const open: number[] = [];
  for (let index = 0; index < code.length; index++) {
    const token = code[index];
    if (token?.kind !== "sign") continue;
    if ("([{".includes(token.text)) open.push(index);
    const from = ")]}".includes(token.text) ? open.pop() : undefined;
    if (from !== undefined) partners.set(from, index).set(index, from);
  }
  return partners;
}

const declaring = wordsOf(`class const function interface let type var
  async get override private protected public readonly set static`);

/** The names of variables, functions, parameters, methods and fields; some more words can be among them. */
function findDeclared(code: readonly Token[], partners: ReadonlyMap<number, number>): ReadonlySet<string> {
  const names = new Set<string>();
  for (let index = 0; index < code.length; index++) {
    const token = code[index];
    const before = code[index - 1];
    const declared = before?.kind === "word" && declaring.has(before.text);
    const assigned = isSign(code[index + 1], "=") && !isSign(code[index + 2], "=");
    if (token?.kind === "word" && (declared || assigned)) names.add(token.text);
    const to = partners.get(index) ?? index;
    if (to < index || !(declared || (isSign(token, "(") && takesParameters(code, index, to)))) continue;
    // Includes the name before the parameters.
    for (const { kind, text } of code.slice(index - 1, to)) if (kind === "word") names.add(text);
  }
  return names;
}

/** True for parentheses before a function's body, an arrow or a type. */
export function takesParameters(code: readonly Token[], from: number, to: number): boolean {
  if (/^(if|while|for)$/.test(code[from - 1]?.text ?? "")) return false;
  const after = code[to + 1];
  return isSign(after, "{") || isSign(after, ":") || (isSign(after, "=") && isSign(code[to + 2], ">"));
}

function isHarmlessWord(code: readonly Token[], index: number, declared: ReadonlySet<string>): boolean {
  const before = code[index - 1];
  const after = code[index + 1];
  const text = code[index]?.text ?? "";
  // Except after the dots of `...rest`.
  if (isSign(before, ".") && !isSign(code[index - 2], ".")) return isHarmlessMember(text, after);
  // A key, which may be taken out of an object: `{ constructor: make } = this`.
  if (isKey(code, index)) return !isInherited(text) && (isSign(after, ":") || isKnown(text, declared));
  if (text === "of") return before?.kind === "word" ? !keywords.has(before.text) : /[\]}]/.test(before?.text ?? "");
  if (globals.has(text)) return isSign(after, ".") || isSign(after, "(") || isSign(after, "<");
  return keywords.has(text) || isKnown(text, declared);
}

function isKnown(name: string, declared: ReadonlySet<string>): boolean {
  return declared.has(name) && !surroundings.has(name) && !Reflect.has(globalThis, name);
}

/** A shared method must be called at once: as a value, it could carry data from one file to another. */
function isHarmlessMember(name: string, after: Token | undefined): boolean {
  return methods.has(name) ? isSign(after, "(") || after?.kind === "string" : !isInherited(name);
}

/** True for a key of an object or a pattern; also for a name in a list of names. */
function isKey(code: readonly Token[], index: number): boolean {
  const before = code[index - 1];
  const after = code[index + 1];
  const begins = before?.kind === "sign" && "{,;".includes(before.text);
  return begins && after?.kind === "sign" && (before.text === ";" ? ":" : ":,}=").includes(after.text);
}

function isHarmlessSign(code: readonly Token[], index: number, partners: ReadonlyMap<number, number>): boolean {
  const { text = "" } = code[index] ?? {};
  if (text === "[") return isHarmlessBracket(code, index, partners.get(index) ?? index);
  if (!"-<".includes(text)) return signs.test(text);
  // <!-- and --> begin a comment in a function, but not in a module.
  const [second, third, fourth] = code.slice(index + 1, index + 4).map((token) => token.text);
  return text === "-" ? second !== "-" || third !== ">" : second !== "!" || third !== "-" || fourth !== "-";
}

/** True for an array, and for a member by number: a computed member could be any. */
function isHarmlessBracket(code: readonly Token[], from: number, to: number): boolean {
  const before = code[from - 1];
  const isList =
    before?.kind === "word" ? operators.has(before.text) : before?.kind === "sign" && !/[)\]}.]/.test(before.text);
  if (isList) return !("{,".includes(before?.text ?? "") && isSign(code[to + 1], ":"));
  return to === from + 1 || (to === from + 2 && /^\d+$/.test(code[from + 1]?.text ?? ""));
}

let inherited: ReadonlySet<string> | undefined;

/** True for members that a value has from built-ins, except the safe `properties`. */
function isInherited(name: string): boolean {
  inherited ??= new Set([...builtIns().flatMap(Object.getOwnPropertyNames), "callee", "lastIndex", "stack"]);
  return inherited.has(name) && !properties.has(name);
}

function builtIns(): object[] {
  const classes = [
    Array,
    BigInt,
    Boolean,
    Error,
    Function,
    Map,
    Number,
    Object,
    Promise,
    RegExp,
    Set,
    String,
    RecordedMigration,
  ];
  const prototypes = [[].values(), (function* () {})()].flatMap((one) => [
    Object.getPrototypeOf(one),
    Object.getPrototypeOf(Object.getPrototypeOf(one)),
  ]);
  return [...classes, ...classes.map(({ prototype }) => prototype), ...prototypes, JSON, Math];
}

/** True if the token is this sign. */
export function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === "sign" && token.text === text;
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}
