/** The configured areas name an unknown table, or one table twice. */
export class AreasError extends Error {
  override readonly name = "AreasError";
}
