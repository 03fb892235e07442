// Writes a blank migration, and dies at the file system call of the number that it was given: kill -9, from within.
import { countCalls, dieAtCall } from "./die-at-call.ts";

const [folder = "", name = "", fatal = "0"] = process.argv.slice(2);
dieAtCall(Number(fatal));

const { create } = await import("../src/commands/create.ts");
const { createContext } = await import("../src/execute/context.ts");
try {
  const created = await create(createContext({ dsn: "", migrations: folder }), {
    name,
    blank: true,
    shadow: { servers: [] },
  });
  console.log(JSON.stringify({ name: created.name, calls: countCalls() }));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message, code: (error as { code?: string }).code }));
}
