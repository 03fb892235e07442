import { mkdir } from "node:fs/promises";
import path from "node:path";
import { type DevPostgres, startPostgres } from "@thedata/dev-postgres";

/** The server of the run: the one at `dsn`, or one of our own below `folder` with a server's ordinary settings. */
export async function openServer(dsn: string | undefined, folder: string): Promise<Pick<DevPostgres, "dsn" | "stop">> {
  if (dsn !== undefined) return { dsn, stop: async () => {} };
  const dataDir = path.join(folder, "postgres");
  await mkdir(dataDir);
  // A data folder: without one the server would not wait for the disk, and a commit would cost nothing.
  // Version 15 unless the environment says otherwise: what the project's goals were measured with.
  return await startPostgres({
    dataDir,
    source: "embedded",
    ...(process.env["DEV_POSTGRES_VERSION"] ? {} : { version: 15 }),
  });
}
