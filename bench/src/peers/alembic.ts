import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { ask, isProgram } from "../find-program.ts";
import type { Command } from "../measure.ts";
import type { Migration } from "../migrations.ts";
import { AbsentError, type Peer, type Project } from "../peer.ts";

/** Alembic as Debian packages it, with psycopg2, each migration in its own transaction. */
export const alembic: Peer = {
  id: "alembic",
  label: "Alembic",
  family: "alembic",
  language: "python",
  quick: false,
  findVersion: async () => (await ask(await findAlembic(), "--version")).replace("alembic ", ""),
  write: writeProject,
  up: (project) => run(project, "upgrade", "head"),
  down: (project, steps) => run(project, "downgrade", `-${steps}`),
  list: (project) => run(project, "history"),
  // Alembic records only the last revision.
  ledger: (applied) => ({ sql: "select version_num from alembic_version", value: revision(applied) }),
};

// Debian's, not that of a virtual environment.
const program = "/usr/bin/alembic";

async function findAlembic(): Promise<string> {
  const absent = new AbsentError("apt-get install --no-install-recommends alembic python3-psycopg2");
  if (!isProgram(program)) throw absent;
  await ask("/usr/bin/python3", "-c", "import psycopg2").catch(() => {
    throw absent;
  });
  return program;
}

function revision(number: number): string {
  return `r${String(number).padStart(5, "0")}`;
}

function run({ dsn, folder }: Project, ...what: string[]): Command {
  return { argv: [program, ...what], env: { DATABASE_URL: dsn }, cwd: folder };
}

const environment = `import os

from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
`;

async function writeProject({ folder, migrations }: Omit<Project, "dsn">): Promise<void> {
  const versions = path.join(folder, "alembic", "versions");
  await mkdir(versions, { recursive: true });
  await writeFile(path.join(folder, "alembic.ini"), "[alembic]\nscript_location = alembic\n");
  await writeFile(path.join(folder, "alembic", "env.py"), environment);
  for (const migration of migrations)
    await writeFile(path.join(versions, `${revision(migration.number)}_${migration.name}.py`), toFile(migration));
}

function toFile({ name, number, up, down }: Migration): string {
  const body = (statements: readonly string[]) =>
    statements.map((sql) => `    op.execute(${JSON.stringify(sql)})\n`).join("");
  const before = number === 1 ? "None" : `"${revision(number - 1)}"`;
  return `"""${name}"""
from alembic import op

revision = "${revision(number)}"
down_revision = ${before}
branch_labels = None
depends_on = None


def upgrade():
${body(up)}

def downgrade():
${body(down)}`;
}
