/** What a migration file gets when it imports `@mikro-orm/migrations`: see `recorder.ts`. */
export { RecordedMigration as Migration } from "./migration-class.ts";
