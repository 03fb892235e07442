// Starts a server, prints its address, and runs until the test kills it.
import { startPostgres } from "../src/index.ts";

const dataDir = process.argv[2];
const { dsn } = await startPostgres({ source: "embedded", ...(dataDir ? { dataDir } : {}) });
process.stdout.write(`${dsn}\n`);
setInterval(() => {}, 60_000);
