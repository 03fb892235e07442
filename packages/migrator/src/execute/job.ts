/** One attempt of a job that a scheduler starts again where its runner has died. */
export interface Job {
  /** At most 30 characters without a space, the same for all attempts. */
  readonly id: string;
  /** From 1; each attempt has a higher number than those before it. */
  readonly attempt: number;
}

/** The `application_name` of a run's sessions, without the migration under way. */
export function nameSession({
  toolVersion,
  job,
}: {
  readonly toolVersion: string;
  readonly job?: Job | undefined;
}): string {
  return `migrator/${toolVersion}${job ? ` ${markOf(job.id)}${job.attempt}` : ""}`;
}

/** True where a session of this name is of an earlier attempt of the job. */
export function isEarlierAttempt(applicationName: string, { id, attempt }: Job): boolean {
  const found = applicationName.split(" ").find((word) => word.startsWith(markOf(id)));
  return found !== undefined && Number(found.slice(markOf(id).length)) < attempt;
}

const markOf = (id: string) => `job=${id}#`;
