/** What a migration file gets when it imports `@mikro-orm/migrations`: see `migration-class.ts`. */
export { RecordedMigration as Migration } from "./migration-class.ts";
