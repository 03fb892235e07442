import { readFile } from "node:fs/promises";

// The database of a running `npm start`, unless the environment names one.
if (!Object.keys(process.env).some((name) => /^POSTGRES_(DSN|HOST)/.test(name))) {
  const dsn = await readFile(new URL("../.data/dsn", import.meta.url), "utf8").catch(() => undefined);
  if (dsn) process.env["POSTGRES_DSN"] = dsn;
}
await import("../apps/api/src/create-admin.ts");
