import path from "node:path";
import { runBenchmark } from "./benchmark.ts";
import { help, readOptions } from "./options.ts";

const options = readOptions(process.argv.slice(2), path.resolve(import.meta.dirname, ".."));
if (options) await runBenchmark(options, (message) => console.error(message));
else console.log(help);
