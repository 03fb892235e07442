#!/usr/bin/env node
// The entry of the built command: an old Node can run it far enough to print which version it needs.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `error: migrator needs Node.js 22.18 or newer, and this is ${process.version}: install a newer one from https://nodejs.org\n`,
  );
  process.exitCode = 2;
} else {
  const { createRequire, enableCompileCache } = process.getBuiltinModule("node:module");
  // Reuses what an earlier start compiled.
  enableCompileCache();
  createRequire(__filename)("./cli.cjs");
}
