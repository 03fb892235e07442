import { realpathSync } from "node:fs";
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";

/**
 * MikroORM's `Migration`, method for method, without the 170 ms that importing `@mikro-orm/migrations` costs.
 * Migration files get it in place of the original; with a real driver it does just what the original does.
 * Source: `@mikro-orm/migrations` 7.2.1, `Migration.js`.
 */
export class RecordedMigration {
  driver: MigrationDriver;
  config: unknown;
  name: string | undefined;
  ctx: unknown;
  #queries: unknown[] = [];
  #em: { setTransactionContext(ctx: unknown): void } | undefined;

  constructor(driver: MigrationDriver, config: unknown) {
    this.driver = driver;
    this.config = config;
  }

  up(): void | Promise<void> {}

  down(): void | Promise<void> {
    throw new IrreversibleMigration();
  }

  isTransactional(): boolean {
    return true;
  }

  addSql(sql: unknown): void {
    this.#queries.push(sql);
  }

  reset(): void {
    this.#queries.length = 0;
    this.ctx = undefined;
  }

  setTransactionContext(ctx: unknown): void {
    this.ctx = ctx;
  }

  async execute(sql: unknown, params?: unknown): Promise<unknown> {
    return await this.driver.execute(sql, params, "all", this.ctx);
  }

  getEntityManager(): unknown {
    if (!this.#em) {
      this.#em = this.driver.createEntityManager();
      this.#em.setTransactionContext(this.ctx);
    }
    return this.#em;
  }

  getQueries(): unknown[] {
    return this.#queries;
  }
}

/** What a migration's code may use of MikroORM's driver. */
export interface MigrationDriver {
  execute(sql: unknown, params?: unknown, method?: string, ctx?: unknown): Promise<unknown>;
  createEntityManager(): { setTransactionContext(ctx: unknown): void };
}

/** Thrown by a migration that has no `down`. */
export class IrreversibleMigration extends Error {
  constructor() {
    super("This migration cannot be reverted");
  }
}

const original = "@mikro-orm/migrations";
// The file beside this one with the same ending: source, built, or in the CLI's bundle.
const stand_in = new URL(`./migration-base${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url)
  .href;
const folders = new Set<string>();

/** From now on, imports of `@mikro-orm/migrations` in `file` and the files beside it give `RecordedMigration`. */
export function standInFor(file: string): void {
  if (folders.size === 0)
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === original && isMigration(context.parentURL)
          ? { url: stand_in, shortCircuit: true }
          : next(specifier, context),
    });
  // Node imports the file that a link leads to, unless it is told to preserve links.
  for (const one of [file, realpath(file)]) folders.add(folderOf(pathToFileURL(one).href));
}

function isMigration(url: string | undefined): boolean {
  return url !== undefined && folders.has(folderOf(url));
}

function folderOf(url: string): string {
  return url.slice(0, url.lastIndexOf("/") + 1);
}

/** The path itself where the file is missing: its import reports that. */
function realpath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
