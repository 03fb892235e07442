#!/usr/bin/env node
// The built command starts here: what was compiled at an earlier start is taken from Node's cache.
const { createRequire, enableCompileCache } = process.getBuiltinModule("node:module");
enableCompileCache();
createRequire(__filename)("./cli.cjs");
