// Puts two migrations in the place of one, and dies at a file system call: node replace-runner.ts FOLDER NAME CALL
import path from "node:path";
import { countCalls, dieAtCall } from "./die-at-call.ts";

const [folder = "", name = "", fatal = "0"] = process.argv.slice(2);
dieAtCall(Number(fatal));

const { discover, readSource } = await import("../src/history/folder.ts");
const { replaceMigration } = await import("../src/history/write-migration.ts");
const parts = [1, 2].map((number) => {
  const part = `${name}_${number}`;
  const code = `import { Migration } from "@mikro-orm/migrations";
export class ${part} extends Migration { override up() { this.addSql("select ${number}"); } }
`;
  return { name: part, file: path.join(folder, `${part}.ts`), code };
});
const before = await discover(folder);
const file = before.files.find((one) => one.name === name);
if (file) await replaceMigration(before, { file, source: readSource(file).toString() }, parts);
console.log(countCalls());
