import { rule as addCheckValidated } from "./add-check-validated.ts";
import { rule as addColumnSequence } from "./add-column-sequence.ts";
import { rule as addColumnStoredGenerated } from "./add-column-stored-generated.ts";
import { rule as addColumnVolatileDefault } from "./add-column-volatile-default.ts";
import { rule as addExclusionConstraint } from "./add-exclusion-constraint.ts";
import { rule as addForeignKeyValidated } from "./add-foreign-key-validated.ts";
import { rule as addPrimaryKeyBlocking } from "./add-primary-key-blocking.ts";
import { rule as addPrimaryKeyNullable } from "./add-primary-key-nullable.ts";
import { rule as addRequiredColumn } from "./add-required-column.ts";
import { rule as addUniqueBlocking } from "./add-unique-blocking.ts";
import { rule as attachPartitionBuilds } from "./attach-partition-builds.ts";
import { rule as attachPartitionScan } from "./attach-partition-scan.ts";
import { rule as autovacuumOff } from "./autovacuum-off.ts";
import { rule as backfillFiresTriggers } from "./backfill-fires-triggers.ts";
import { rule as batchLoopInOneTransaction } from "./batch-loop-in-one-transaction.ts";
import { rule as brokenDependents } from "./broken-dependents.ts";
import { rule as changeCollation } from "./change-collation.ts";
import { rule as changeDefault } from "./change-default.ts";
import { rule as changeTypeNarrowing } from "./change-type-narrowing.ts";
import { rule as changeTypeRecheck } from "./change-type-recheck.ts";
import { rule as changeTypeRewrite } from "./change-type-rewrite.ts";
import { rule as charType } from "./char-type.ts";
import { rule as clusterWideStatement } from "./cluster-wide-statement.ts";
import { rule as columnCount } from "./column-count.ts";
import { rule as columnPadding } from "./column-padding.ts";
import { rule as concurrentlyInTransaction } from "./concurrently-in-transaction.ts";
import { rule as constrainedDomainColumn } from "./constrained-domain-column.ts";
import { rule as createDomainConstraint } from "./create-domain-constraint.ts";
import { rule as createEnum } from "./create-enum.ts";
import { rule as createIndexBlocking } from "./create-index-blocking.ts";
import { rule as createPartitionOfLock } from "./create-partition-of-lock.ts";
import { rule as detachPartitionBlocking } from "./detach-partition-blocking.ts";
import { rule as dmlBeforeDdl } from "./dml-before-ddl.ts";
import { rule as domainConstraint } from "./domain-constraint.ts";
import { rule as dropCascade } from "./drop-cascade.ts";
import { rule as dropColumn } from "./drop-column.ts";
import { rule as dropColumnDependents } from "./drop-column-dependents.ts";
import { rule as dropConstraint } from "./drop-constraint.ts";
import { rule as dropDatabase } from "./drop-database.ts";
import { rule as dropDefaultBreaksOldWriters } from "./drop-default-breaks-old-writers.ts";
import { rule as dropForeignKeyLocksParent } from "./drop-foreign-key-locks-parent.ts";
import { rule as dropIndexBlocking } from "./drop-index-blocking.ts";
import { rule as dropIndexConcurrentlyImpossible } from "./drop-index-concurrently-impossible.ts";
import { rule as dropNotNull } from "./drop-not-null.ts";
import { rule as dropPrimaryKey } from "./drop-primary-key.ts";
import { rule as dropSchema } from "./drop-schema.ts";
import { rule as dropTable } from "./drop-table.ts";
import { rule as dropTableLocksParents } from "./drop-table-locks-parents.ts";
import { rule as dropTrigger } from "./drop-trigger.ts";
import { rule as duplicateColumnAssignments } from "./duplicate-column-assignments.ts";
import { rule as enumNewValueForOldReaders } from "./enum-new-value-for-old-readers.ts";
import { rule as enumValueInTransaction } from "./enum-value-in-transaction.ts";
import { rule as enumValueOrder } from "./enum-value-order.ts";
import { rule as existingRowsMayFail } from "./existing-rows-may-fail.ts";
import { rule as expressionIndexWithoutAnalyze } from "./expression-index-without-analyze.ts";
import { rule as extensionVersion } from "./extension-version.ts";
import { rule as foreignKeyTypeMismatch } from "./foreign-key-type-mismatch.ts";
import { rule as foreignKeyWithoutIndex } from "./foreign-key-without-index.ts";
import { rule as functionBehindIndex } from "./function-behind-index.ts";
import { rule as identifierTooLong } from "./identifier-too-long.ts";
import { rule as idleTimeoutMissing } from "./idle-timeout-missing.ts";
import { rule as ifNotExistsOverInvalid } from "./if-not-exists-over-invalid.ts";
import { rule as indexCorruption } from "./index-corruption.ts";
import { rule as indexOnPartitioned } from "./index-on-partitioned.ts";
import { rule as integerKey } from "./integer-key.ts";
import { rule as invalidIndexLeft } from "./invalid-index-left.ts";
import { rule as jsonType } from "./json-type.ts";
import { rule as keyExhaustion } from "./key-exhaustion.ts";
import { rule as lockCount } from "./lock-count.ts";
import { rule as lockTable } from "./lock-table.ts";
import { rule as lockTimeoutMissing } from "./lock-timeout-missing.ts";
import { rule as lockTimeoutNotBelowStatementTimeout } from "./lock-timeout-not-below-statement-timeout.ts";
import { rule as logicalReplicationDrift } from "./logical-replication-drift.ts";
import { rule as money } from "./money.ts";
import { rule as notEnforced } from "./not-enforced.ts";
import { rule as notMvccSafe } from "./not-mvcc-safe.ts";
import { rule as notRerunnable } from "./not-rerunnable.ts";
import { rule as notValidForeignKeyOnPartitioned } from "./not-valid-foreign-key-on-partitioned.ts";
import { rule as onConflictArbiterDropped } from "./on-conflict-arbiter-dropped.ts";
import { rule as opaqueSql } from "./opaque-sql.ts";
import { rule as populateView } from "./populate-view.ts";
import { rule as preferIdentity } from "./prefer-identity.ts";
import { rule as preferText } from "./prefer-text.ts";
import { rule as preferTimestamptz } from "./prefer-timestamptz.ts";
import { rule as preparedSelectStar } from "./prepared-select-star.ts";
import { rule as recreateLoses } from "./recreate-loses.ts";
import { rule as redundantIndex } from "./redundant-index.ts";
import { rule as refreshViewBlocking } from "./refresh-view-blocking.ts";
import { rule as reindexBlocking } from "./reindex-blocking.ts";
import { rule as renameColumn } from "./rename-column.ts";
import { rule as renameEnumValue } from "./rename-enum-value.ts";
import { rule as renameSchema } from "./rename-schema.ts";
import { rule as renameTable } from "./rename-table.ts";
import { rule as repeatedAlterTable } from "./repeated-alter-table.ts";
import { rule as replaceIndexGap } from "./replace-index-gap.ts";
import { rule as replicaIdentity } from "./replica-identity.ts";
import { rule as rewriteStorage } from "./rewrite-storage.ts";
import { rule as rowSecurity } from "./row-security.ts";
import { rule as schemaUnqualified } from "./schema-unqualified.ts";
import { rule as securityDefiner } from "./security-definer.ts";
import { rule as serialSequenceStaysInt4 } from "./serial-sequence-stays-int4.ts";
import { rule as sessionReplicationRole } from "./session-replication-role.ts";
import { rule as sessionSettingLeaks } from "./session-setting-leaks.ts";
import { rule as setLocalOutsideTransaction } from "./set-local-outside-transaction.ts";
import { rule as setNotNullScan } from "./set-not-null-scan.ts";
import { rule as setNullOnNotNull } from "./set-null-on-not-null.ts";
import { rule as setSchema } from "./set-schema.ts";
import { rule as severalTablesLocked } from "./several-tables-locked.ts";
import { rule as standbyConflict } from "./standby-conflict.ts";
import { rule as statementTimeoutMissing } from "./statement-timeout-missing.ts";
import { rule as statementUnderExclusiveLock } from "./statement-under-exclusive-lock.ts";
import { rule as tableWithoutPrimaryKey } from "./table-without-primary-key.ts";
import { rule as tightenedForOldWriters } from "./tightened-for-old-writers.ts";
import { rule as timeoutCancelsConcurrentBuild } from "./timeout-cancels-concurrent-build.ts";
import { rule as timeoutIneffective } from "./timeout-ineffective.ts";
import { rule as transactionControl } from "./transaction-control.ts";
import { rule as triggerLock } from "./trigger-lock.ts";
import { rule as triggerToggle } from "./trigger-toggle.ts";
import { rule as truncate } from "./truncate.ts";
import { rule as truncateCascade } from "./truncate-cascade.ts";
import { rule as unbatchedBackfill } from "./unbatched-backfill.ts";
import { rule as unfilteredDml } from "./unfiltered-dml.ts";
import { rule as unloggedTable } from "./unlogged-table.ts";
import { rule as usingIndexUnfit } from "./using-index-unfit.ts";
import { rule as vacuumFullOrCluster } from "./vacuum-full-or-cluster.ts";
import { rule as validateInSameTransaction } from "./validate-in-same-transaction.ts";
import { rule as viewStarFrozen } from "./view-star-frozen.ts";
import { rule as volatileCheck } from "./volatile-check.ts";
import { rule as wideIndex } from "./wide-index.ts";
import type { Rule } from "../rule.ts";

/** Every rule, in the order in which their findings of one statement are told. */
export const rules: readonly Rule[] = [
  createIndexBlocking,
  indexOnPartitioned,
  dropIndexBlocking,
  reindexBlocking,
  concurrentlyInTransaction,
  dropIndexConcurrentlyImpossible,
  ifNotExistsOverInvalid,
  timeoutCancelsConcurrentBuild,
  replaceIndexGap,
  invalidIndexLeft,
  indexCorruption,
  expressionIndexWithoutAnalyze,
  addUniqueBlocking,
  addPrimaryKeyBlocking,
  addPrimaryKeyNullable,
  usingIndexUnfit,
  addExclusionConstraint,
  addCheckValidated,
  addForeignKeyValidated,
  validateInSameTransaction,
  setNotNullScan,
  notValidForeignKeyOnPartitioned,
  existingRowsMayFail,
  dropConstraint,
  dropPrimaryKey,
  foreignKeyWithoutIndex,
  foreignKeyTypeMismatch,
  setNullOnNotNull,
  notEnforced,
  volatileCheck,
  domainConstraint,
  addColumnVolatileDefault,
  addColumnStoredGenerated,
  addColumnSequence,
  constrainedDomainColumn,
  addRequiredColumn,
  changeTypeRewrite,
  changeTypeRecheck,
  changeTypeNarrowing,
  changeCollation,
  dropColumn,
  dropColumnDependents,
  dropNotNull,
  changeDefault,
  serialSequenceStaysInt4,
  columnCount,
  attachPartitionScan,
  attachPartitionBuilds,
  createPartitionOfLock,
  detachPartitionBlocking,
  rewriteStorage,
  vacuumFullOrCluster,
  refreshViewBlocking,
  populateView,
  dropTable,
  dropTableLocksParents,
  dropForeignKeyLocksParent,
  dropSchema,
  dropDatabase,
  dropCascade,
  truncate,
  truncateCascade,
  renameColumn,
  renameTable,
  renameSchema,
  setSchema,
  renameEnumValue,
  unloggedTable,
  viewStarFrozen,
  brokenDependents,
  recreateLoses,
  rowSecurity,
  autovacuumOff,
  replicaIdentity,
  preparedSelectStar,
  lockTable,
  statementUnderExclusiveLock,
  severalTablesLocked,
  lockTimeoutMissing,
  statementTimeoutMissing,
  timeoutIneffective,
  idleTimeoutMissing,
  lockTimeoutNotBelowStatementTimeout,
  repeatedAlterTable,
  transactionControl,
  setLocalOutsideTransaction,
  sessionSettingLeaks,
  sessionReplicationRole,
  dmlBeforeDdl,
  notMvccSafe,
  standbyConflict,
  triggerLock,
  dropTrigger,
  triggerToggle,
  lockCount,
  unfilteredDml,
  unbatchedBackfill,
  batchLoopInOneTransaction,
  backfillFiresTriggers,
  enumValueInTransaction,
  enumValueOrder,
  enumNewValueForOldReaders,
  tightenedForOldWriters,
  dropDefaultBreaksOldWriters,
  onConflictArbiterDropped,
  functionBehindIndex,
  opaqueSql,
  extensionVersion,
  securityDefiner,
  clusterWideStatement,
  logicalReplicationDrift,
  keyExhaustion,
  integerKey,
  preferIdentity,
  preferTimestamptz,
  charType,
  preferText,
  jsonType,
  money,
  tableWithoutPrimaryKey,
  createEnum,
  redundantIndex,
  wideIndex,
  notRerunnable,
  schemaUnqualified,
  identifierTooLong,
  duplicateColumnAssignments,
  columnPadding,
  createDomainConstraint,
];
