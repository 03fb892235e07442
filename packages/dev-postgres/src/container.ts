import type { DevPostgres, StartOptions } from "./server.ts";

/** Settings for temporary data: the server does not wait for the disk. */
const volatileFlags = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"];

/**
 * Starts `postgres:<version>` by Testcontainers; throws at once where there is no Docker engine or it lacks the image.
 */
export async function startContainer({ version = 18 }: StartOptions): Promise<DevPostgres> {
  const [{ PostgreSqlContainer }, { getContainerRuntimeClient, ImageName }] = await Promise.all([
    import("@testcontainers/postgresql"),
    import("testcontainers"),
  ]);
  const runtime = await getContainerRuntimeClient();
  const image = `postgres:${version}`;
  if (!(await runtime.image.exists(ImageName.fromString(image))))
    throw new Error(`image ${image} is not on this engine`);
  const container = await new PostgreSqlContainer(image)
    .withTmpFs({ "/var/lib/postgresql": "rw" })
    .withCommand(["postgres", ...volatileFlags.flatMap((flag) => ["-c", flag])])
    .start();
  return {
    dsn: container.getConnectionUri(),
    source: "testcontainers",
    stop: async () => void (await container.stop()),
  };
}
