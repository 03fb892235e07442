/** Areas name a table that is not there, or one table twice. */
export class AreasError extends Error {
  override readonly name = "AreasError";
}
