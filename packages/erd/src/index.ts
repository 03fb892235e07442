export type { AreaNames } from "./areas.ts";
export { type Diagram, type DiagramColumn, type DiagramTable, diagramOf, type Relation } from "./diagram.ts";
export { draw, type PictureFormat } from "./draw.ts";
export { AreasError } from "./errors.ts";
