export {
  type Command,
  findTransactionControl,
  isClosed,
  isEmptySql,
  leadingWords,
  readList,
  splitCommands,
  splitList,
  transactionControlOf,
} from "./lexer.ts";
export { type Token, tokenize } from "./tokens.ts";
export { lastPart, partsOf, qualifierOf, quote, replaceIdentifier, shorten, unquote } from "./names.ts";
export { type ColumnType, isAssigned, isNumber, isText, isWhole, keepsAll, readType } from "./column-types.ts";
export { type LineOf, locateStatements } from "./locate-statements.ts";
