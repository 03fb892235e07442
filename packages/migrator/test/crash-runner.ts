// A runner that kills itself at one moment: node crash-runner.ts DSN FOLDER QUERY before|after
import { createContext } from "../src/execute/context.ts";
import { up } from "../src/commands/up-and-down.ts";
import { type CrashPoint, crashAt } from "./crash-points.ts";

const [dsn = "", directory = "", query = "0", when = "before"] = process.argv.slice(2);
crashAt({ query: Number(query), when: when as CrashPoint["when"] }, async () => {
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => {});
});
await up(createContext({ dsn, migrations: directory }));
