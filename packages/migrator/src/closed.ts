export { isClosed } from "./postgres/sql-lexer.ts";
