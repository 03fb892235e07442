import { lockModes } from "../finding.ts";
import { isLive, on, type Rule, under } from "../rule.ts";

export const rule: Rule = {
  name: "lock-table",
  severity: "error",
  summary: "LOCK keeps others waiting until the transaction ends.",
  find: on("lock", ({ tables }, { schema, effects }) => {
    const live = effects.find(
      ({ relation, lock }) =>
        isLive(schema.relations.get(relation)) &&
        lockModes.indexOf(lock) >= lockModes.indexOf("SHARE UPDATE EXCLUSIVE"),
    );
    return (
      live && {
        message: `${tables.map((table) => table.join(".")).join(", ")} stays locked ${under(live.lock)} to the end of the transaction`,
        hint: "let each statement take what it needs",
        table: live.relation,
        lock: live.lock,
      }
    );
  }),
  fires: [
    "lock table users",
    "lock table users in share mode",
    "lock orders in exclusive mode nowait",
    "lock users, orders in share row exclusive mode",
  ],
  silent: [
    "lock table users in access share mode",
    "create table t (a int); lock t",
    "select * from users for update",
    "lock users in row exclusive mode",
  ],
};
