import type { Peer } from "../peer.ts";
import { alembic } from "./alembic.ts";
import { dbmate, dbmateByNpm } from "./dbmate.ts";
import { mikroOrm, mikroOrmDefaults } from "./mikro-orm.ts";
import { nodePgMigrate } from "./node-pg-migrate.ts";
import { ours, oursStatus } from "./ours.ts";
import { postgrator } from "./postgrator.ts";
import { psql, psqlMessages } from "./psql.ts";
import { umzug } from "./umzug.ts";

/** All peers, the reference first. */
export const peers: readonly Peer[] = [
  psql,
  psqlMessages,
  ours,
  oursStatus,
  dbmate,
  dbmateByNpm,
  postgrator,
  umzug,
  nodePgMigrate,
  alembic,
  mikroOrm,
  mikroOrmDefaults,
];
