// Loaded before a program: writes the modules that it loads to a file that the environment names.
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

const urls = [];
registerHooks({
  load(url, context, next) {
    urls.push(url);
    return next(url, context);
  },
});

process.on("exit", () => {
  const builtins = process.moduleLoadList.map((entry) => entry.replace(/^(NativeModule|Internal Binding) /, ""));
  writeFileSync(process.env.BENCH_MODULES, JSON.stringify({ urls, builtins }));
});
