export { type Catalog, type CatalogObject, type Kind, kinds, type Property, type Query } from "./catalog.ts";
export { type CatalogScope, readCatalog, readCatalogInTransaction } from "./read/read-catalog.ts";
export { changedProperties, compareCatalogs, type Difference, fingerprint } from "./compare/compare.ts";
export { describeDifference, describeRename } from "./compare/describe.ts";
export { applyRename, findRenames, type Rename, renameStatement } from "./compare/renames.ts";
export { guardOf, isGuard } from "./ddl/cast-guard.ts";
export { type Drift, findDrift } from "./ddl/drift.ts";
export { boundsAs } from "./ddl/sequence.ts";
