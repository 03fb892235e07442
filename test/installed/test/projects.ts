const address = `clientUrl: process.env.TEST_DSN, entities: [Author], migrations: { path: "src/migrations" }`;

/** A migration as MikroORM's own CLI wrote it: without `down`, and with a name without words. */
const stock = (syntax: "esm" | "cjs") =>
  `${syntax === "esm" ? `import { Migration } from "@mikro-orm/migrations";\nexport ` : `const { Migration } = require("@mikro-orm/migrations");\n`}class Migration20200101000000 extends Migration {
  async up() { this.addSql('create table "author" ("id" serial primary key, "name" varchar(255) not null);'); }
}
${syntax === "cjs" ? "exports.Migration20200101000000 = Migration20200101000000;\n" : ""}`;

const decorated = `@Entity()
export class Author {
  @PrimaryKey()
  id!: number;

  @Property()
  name!: string;

  @Property({ nullable: true })
  email?: string;

  @Enum({ items: () => Kind, nullable: true })
  kind?: Kind;
}
`;

const enumeration = `export enum Kind { Poet = "poet", Critic = "critic" }\n`;
const tsconfig = (module: string) =>
  JSON.stringify({
    compilerOptions: { module, target: "es2022", experimentalDecorators: true, emitDecoratorMetadata: true },
  });

/** A user's project: its files, and the columns that `up` must create from the model and the stock migration. */
export interface Kind {
  readonly name: string;
  /** The packages that it has besides MikroORM. */
  readonly with: "nothing" | "swc" | "tsx";
  /** The folder in which the command runs; default: its root. */
  readonly at?: string;
  readonly columns: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

export const kinds: readonly Kind[] = [
  {
    name: "defineEntity, TypeScript that Node runs itself",
    with: "nothing",
    columns: ["email", "id", "name"],
    files: {
      "package.json": `{ "name": "own", "type": "module" }\n`,
      "src/mikro-orm.config.ts": `import { defineConfig, defineEntity, p } from "@mikro-orm/postgresql";
const Author = defineEntity({ name: "Author", properties: { id: p.integer().primary(), name: p.string(), email: p.string().nullable() } });
export default defineConfig({ ${address} });\n`,
      "src/migrations/Migration20200101000000.ts": stock("esm"),
    },
  },
  {
    name: "EntitySchema, JavaScript modules, a list of configurations",
    with: "nothing",
    columns: ["email", "id", "name"],
    files: {
      "package.json": `{ "name": "own", "type": "module" }\n`,
      "mikro-orm.config.js": `import { defineConfig, EntitySchema } from "@mikro-orm/postgresql";
const Author = new EntitySchema({ name: "Author", properties: { id: { type: "integer", primary: true }, name: { type: "string" }, email: { type: "string", nullable: true } } });
export default [{ contextName: "other", dbName: "nowhere" }, defineConfig({ ${address} })];\n`,
      "src/migrations/Migration20200101000000.js": stock("esm"),
    },
  },
  {
    name: "CommonJS",
    with: "nothing",
    columns: ["email", "id", "name"],
    files: {
      "package.json": `{ "name": "own" }\n`,
      "mikro-orm.config.js": `const { defineConfig, defineEntity, p } = require("@mikro-orm/postgresql");
const Author = defineEntity({ name: "Author", properties: { id: p.integer().primary(), name: p.string(), email: p.string().nullable() } });
module.exports = Promise.resolve(defineConfig({ ${address} }));\n`,
      "src/migrations/Migration20200101000000.js": stock("cjs"),
    },
  },
  {
    name: "decorators with reflection, an enum, a configuration that is a function",
    with: "swc",
    columns: ["email", "id", "kind", "name"],
    files: {
      "package.json": `{ "name": "own", "type": "module" }\n`,
      "tsconfig.json": tsconfig("nodenext"),
      "src/kind.ts": enumeration,
      "src/author.ts": `import { Entity, Enum, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";\nimport { Kind } from "./kind.js";\n${decorated}`,
      "src/mikro-orm.config.ts": `import { defineConfig } from "@mikro-orm/postgresql";
import { ReflectMetadataProvider } from "@mikro-orm/decorators/legacy";
import { Author } from "./author.js";
export default async () => defineConfig({ metadataProvider: ReflectMetadataProvider, ${address} });\n`,
      "src/migrations/Migration20200101000000.ts": stock("esm"),
    },
  },
  {
    name: "decorators, TypeScript for CommonJS, imports without endings",
    with: "swc",
    columns: ["email", "id", "kind", "name"],
    files: {
      "package.json": `{ "name": "own" }\n`,
      "tsconfig.json": tsconfig("commonjs"),
      "src/kind.ts": enumeration,
      "src/author.ts": `import { Entity, Enum, PrimaryKey, Property } from "@mikro-orm/decorators/legacy";\nimport { Kind } from "./kind";\n${decorated}`,
      "src/mikro-orm.config.ts": `import { defineConfig } from "@mikro-orm/postgresql";
import { ReflectMetadataProvider } from "@mikro-orm/decorators/legacy";
import { Author } from "./author";
export default defineConfig({ metadataProvider: ReflectMetadataProvider, ${address} });\n`,
      "src/migrations/Migration20200101000000.ts": stock("esm"),
    },
  },
  {
    name: "a package of a monorepo, run by tsx",
    with: "tsx",
    at: "packages/db",
    columns: ["email", "id", "name"],
    files: {
      "package.json": `{ "name": "root", "private": true, "workspaces": ["packages/*"] }\n`,
      "packages/db/package.json": `{ "name": "db", "type": "module", "mikro-orm": { "configPaths": ["./src/orm.ts"] } }\n`,
      "packages/db/tsconfig.json": tsconfig("nodenext"),
      "packages/db/src/author.ts": `import { defineEntity, p } from "@mikro-orm/postgresql";
export const Author = defineEntity({ name: "Author", properties: { id: p.integer().primary(), name: p.string(), email: p.string().nullable() } });\n`,
      "packages/db/src/orm.ts": `import { defineConfig } from "@mikro-orm/postgresql";
import { Author } from "./author.js";
export default defineConfig({ ${address} });\n`,
      "packages/db/src/migrations/Migration20200101000000.ts": stock("esm"),
    },
  },
];
