import { readFile } from "node:fs/promises";
import os from "node:os";
import pg from "pg";

/** The machine and its software, without names that identify it. */
export interface Machine {
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly postgres: string;
  /** Server settings that determine how long a commit takes. */
  readonly settings: string;
}

/** Describes this machine and the server at `dsn`. */
export async function describeMachine(dsn: string): Promise<Machine> {
  return {
    cores: os.availableParallelism(),
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    system: `${await distribution()}, ${os.type()} ${os.release().split("-")[0]}, ${os.arch()}`,
    node: process.versions.node,
    ...(await describeServer(dsn)),
  };
}

async function distribution(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? os.platform();
}

async function describeServer(dsn: string): Promise<{ postgres: string; settings: string }> {
  const client = new pg.Client(dsn);
  await client.connect();
  const show = async (name: string) => String((await client.query(`show ${name}`)).rows[0]?.[name]);
  const names = ["fsync", "synchronous_commit", "full_page_writes", "shared_buffers"];
  try {
    const settings: string[] = [];
    for (const name of names) settings.push(`${name} ${await show(name)}`);
    return { postgres: (await show("server_version")).split(" ")[0] ?? "", settings: settings.join(", ") };
  } finally {
    await client.end();
  }
}
