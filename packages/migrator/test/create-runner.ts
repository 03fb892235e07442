// Writes a blank migration, and dies at the file system call of the number that it was given: kill -9, from within.
import { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [folder = "", name = "", fatal = "0"] = process.argv.slice(2);
let calls = 0;

for (const call of ["writeFile", "rename", "rm", "open"] as const) {
  const original = promises[call] as (...all: unknown[]) => Promise<unknown>;
  (promises as unknown as Record<string, unknown>)[call] = async (...all: unknown[]) => {
    if (++calls === Number(fatal)) process.kill(process.pid, "SIGKILL");
    return await original.apply(promises, all);
  };
}
syncBuiltinESMExports();

const { create } = await import("../src/commands/create.ts");
const { createContext } = await import("../src/execute/context.ts");
try {
  const created = await create(createContext({ dsn: "", migrations: folder }), {
    name,
    blank: true,
    shadow: { servers: [] },
  });
  console.log(JSON.stringify({ name: created.name, calls }));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message, code: (error as { code?: string }).code }));
}
