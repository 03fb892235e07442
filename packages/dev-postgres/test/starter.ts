// A program that starts a server, says where it is, and stays: the tests kill it.
import { startPostgres } from "../src/index.ts";

const dataDir = process.argv[2];
const { dsn } = await startPostgres({ source: "embedded", ...(dataDir ? { dataDir } : {}) });
process.stdout.write(`${dsn}\n`);
setInterval(() => {}, 60_000);
