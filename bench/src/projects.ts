import { mkdir } from "node:fs/promises";
import path from "node:path";
import { createDatabase, dropDatabase } from "@thedata/dev-postgres";
import pg from "pg";
import { measure } from "./measure.ts";
import { generateMigrations } from "./migrations.ts";
import type { Peer, Project } from "./peer.ts";
import { prove } from "./prove.ts";

/** The peers' folders and databases on one server, created on first use. */
export interface Projects {
  /** A project on a new, empty database. */
  empty(peer: Peer, size: number): Promise<Project>;
  /** A project whose migrations are all applied, by the peer itself. */
  applied(peer: Peer, size: number): Promise<Project>;
  /**
   * Takes back a project whose migrations are applied; `applied` reuses it. Its database stays until the end: for a
   * minute after files are removed, ext4 skips their inodes one by one, and each new table takes three times as long.
   */
  release(peer: Peer, project: Project): void;
  /** Writes the server's dirty pages, so that a peer does not pay for those of the peer before it. */
  settle(): Promise<void>;
  /** Drops all remaining databases. */
  close(): Promise<void>;
}

/** Creates projects below `folder` with databases on the server at `server`. */
export function createProjects(server: string, folder: string): Projects {
  const folders = new Map<string, Promise<Omit<Project, "dsn">>>();
  const applied = new Map<string, Project>();
  const databases = new Set<string>();
  const keyOf = (peer: Peer, size: number) => `${peer.family}-${size}`;

  const projects: Projects = {
    async empty(peer, size) {
      const key = keyOf(peer, size);
      if (!folders.has(key)) folders.set(key, writeProject(peer, size, path.join(folder, key)));
      const written = await folders.get(key);
      const dsn = await createDatabase(server);
      databases.add(dsn);
      return { ...(written as Omit<Project, "dsn">), dsn };
    },
    async applied(peer, size) {
      const kept = applied.get(keyOf(peer, size));
      if (kept) return kept;
      const project = await projects.empty(peer, size);
      await measure(peer.up(project, "all"));
      await prove(peer, project, size);
      projects.release(peer, project);
      return project;
    },
    release(peer, project) {
      const key = keyOf(peer, project.migrations.length);
      if (!applied.has(key)) applied.set(key, project);
    },
    settle: async () => await checkpoint(server),
    close: async () => {
      for (const dsn of databases) await dropDatabase(server, dsn);
    },
  };
  return projects;
}

async function writeProject(peer: Peer, size: number, folder: string): Promise<Omit<Project, "dsn">> {
  const project = { folder, migrations: generateMigrations(size) };
  await mkdir(folder);
  await peer.write(project);
  return project;
}

async function checkpoint(server: string): Promise<void> {
  const client = new pg.Client(server);
  await client.connect();
  await client.query("checkpoint").finally(async () => await client.end());
}
