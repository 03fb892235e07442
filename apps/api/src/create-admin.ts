import { parseArgs } from "node:util";
import type { MikroORM } from "@mikro-orm/postgresql";
import { Role, User, UserRole } from "@thedata/models";
import Format from "typebox/format";
import { adminRole } from "./administrators.ts";
import { hashPassword, maximumPasswordLength, minimumPasswordLength } from "./auth/passwords.ts";
import { readPassword } from "./auth/read-password.ts";
import { ConfigError, readDsn, readVariable } from "./config.ts";
import { type DatabaseIdentity, openDatabase } from "./database.ts";
import { watchReadiness } from "./readiness.ts";

const usage = `Usage: create-admin --email ADDRESS [--name NAME]

Creates a user who administers the platform. The password is asked for; it is read from standard input when that
is not a terminal, or from ADMIN_PASSWORD or the file that ADMIN_PASSWORD_FILE names. The database is the one of
POSTGRES_DSN, or POSTGRES_HOST, POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB.`;

/** Ends the command with this exit code: 2 usage, configuration or no database; 3 refused, nothing changed. */
class Refusal extends Error {
  readonly exitCode: 2 | 3;

  constructor(exitCode: 2 | 3, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

interface Administrator {
  readonly email: string;
  readonly fullName: string;
  readonly password: string;
}

async function main(): Promise<void> {
  const { email, name, help } = parseArguments();
  if (help) return console.log(usage);
  if (!email) throw new Refusal(2, `--email is missing\n\n${usage}`);
  if (!Format.Test("email", email) || email.length > 255) throw new Refusal(2, `"${email}" is no mail address`);
  const dsn = readDsn(process.env);
  const identity = await requireCurrentSchema(dsn);
  const password = readVariable(process.env, "ADMIN_PASSWORD") ?? (await readPassword(`Password for ${email}: `));
  requireGoodPassword(password);
  const orm = openDatabase(
    dsn,
    () => {},
    () => identity,
  );
  try {
    await create(orm, { email, fullName: name?.trim() || email, password });
  } finally {
    await orm.close();
  }
  console.log(`${email} administers the platform now`);
}

function parseArguments() {
  const options = { email: { type: "string" }, name: { type: "string" }, help: { type: "boolean" } } as const;
  try {
    // pnpm passes its `--` on.
    return parseArgs({ options, args: process.argv.slice(2).filter((argument) => argument !== "--") }).values;
  } catch (error) {
    // The unexpected argument may be a password: the message does not repeat it.
    const { code } = error as { code?: string };
    const why =
      code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL" ? "An argument is not expected" : (error as Error).message;
    throw new Refusal(2, `${why}\n\n${usage}`);
  }
}

async function requireCurrentSchema(dsn: string): Promise<DatabaseIdentity | undefined> {
  const readiness = watchReadiness(dsn, () => {});
  const { ready, state, reason } = await readiness.read();
  await readiness.close();
  if (!ready) throw new Refusal(state === "unreachable" ? 2 : 3, reason ?? "The schema is not current");
  return readiness.identity();
}

function requireGoodPassword(password: string): void {
  if (password.length < minimumPasswordLength)
    throw new Refusal(2, `The password has fewer than ${minimumPasswordLength} characters: choose a longer one`);
  if (password.length > maximumPasswordLength)
    throw new Refusal(2, `The password has more than ${maximumPasswordLength} characters: choose a shorter one`);
}

async function create(orm: MikroORM, { email, fullName, password }: Administrator): Promise<void> {
  const hashedPassword = await hashPassword(password);
  await orm.em.fork().transactional(async (em) => {
    if (await em.getRepository(User).findByEmail(email)) throw alreadyThere(email);
    const role = await em.findOne(Role, { name: adminRole });
    if (!role)
      throw new Refusal(
        3,
        `The role "${adminRole}" is not in the database: a migration inserts it, somebody removed it`,
      );
    // `users.role` is set too, for older programs and for reverting the migration to roles.
    const user = em.create(User, { email, fullName, hashedPassword, role: adminRole });
    em.create(UserRole, { user, role });
    await em.flush().catch((error: { code?: string }) => {
      throw error.code === "23505" ? alreadyThere(email) : error;
    });
  });
}

function alreadyThere(email: string): Refusal {
  return new Refusal(3, `A user with the address ${email} exists already: nothing was changed`);
}

function fail(error: unknown): number {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) console.error(`error: ${problem}`);
    return 2;
  }
  if (!(error instanceof Refusal)) throw error;
  console.error(`error: ${error.message}`);
  return error.exitCode;
}

await main().catch((error: unknown) => {
  process.exitCode = fail(error);
});
