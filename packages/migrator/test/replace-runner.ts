// Puts two migrations in the place of one, and dies at a file system call: node replace-runner.ts FOLDER NAME CALL
import path from "node:path";
import { countCalls, dieAtCall } from "./die-at-call.ts";

const [folder = "", name = "", fatal = "0"] = process.argv.slice(2);
dieAtCall(Number(fatal));

const { discover } = await import("../src/history/folder.ts");
const { replaceMigration } = await import("../src/history/write-migration.ts");
const parts = [1, 2].map((number) => {
  const part = `${name}_${number}`;
  const code = `import { Migration } from "@mikro-orm/migrations";
export class ${part} extends Migration { override up() { this.addSql("select ${number}"); } }
`;
  return { name: part, file: path.join(folder, `${part}.ts`), code };
});
await replaceMigration(await discover(folder), name, parts);
console.log(countCalls());
