import { buildApp } from "./app.ts";
import { type Config, ConfigError, findFiles, readConfig } from "./config.ts";
import { watchFiles } from "./secret-files.ts";
import { prepareStop } from "./stop.ts";

/** The problem with HOST or PORT and its remedy, by system error code. */
const listenFailures: Record<string, (config: Config) => string> = {
  EADDRINUSE: ({ host, port }) => `PORT ${port} is in use on ${host}: end the other program or set PORT to a free one`,
  EACCES: ({ port }) => `PORT ${port} may not be opened by this user: set PORT to one above 1023`,
  EADDRNOTAVAIL: ({ host }) => `HOST ${host} is no address of this machine: set HOST to one that is, such as 127.0.0.1`,
  ENOTFOUND: ({ host }) => `HOST ${host} has no address: set HOST to an address, such as 127.0.0.1`,
};

function refuse(problems: readonly string[]): never {
  for (const problem of problems) console.error(`error: ${problem}`);
  process.exit(2);
}

function readConfigOrRefuse(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) refuse(error.problems);
    throw error;
  }
}

async function main(): Promise<void> {
  const config = readConfigOrRefuse();
  const stop = prepareStop();
  const app = await buildApp({ ...config, isStopping: stop.isStopping });
  stop.watch(app);
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    const explain = listenFailures[(error as NodeJS.ErrnoException).code ?? ""];
    if (explain) refuse([explain(config)]);
    throw error;
  }
  // Compose or the like restarts the API, which then reads the new value; old connections and tokens end with this
  // process.
  watchFiles(findFiles(process.env), (variable) => {
    app.log.warn(`the file that ${variable} names has changed: ending, so that the next start reads it`);
    process.kill(process.pid, "SIGTERM");
  });
}

await main();
