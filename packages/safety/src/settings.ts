/** The settings of the session that a statement runs in, as far as they matter to a rule. */
export interface Settings {
  /** In milliseconds; 0: none; undefined: nobody has set one. */
  readonly lockTimeoutMs: number | undefined;
  readonly statementTimeoutMs: number | undefined;
  readonly timeZone: string | undefined;
  /** PostgreSQL's major version. */
  readonly server: number;
}

const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a duration as PostgreSQL does, in milliseconds: `5s`, `1500`, `'2min'`; undefined for anything else. */
export function readDuration(value: string): number | undefined {
  const [, number, unit = "ms"] = /^\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*$/.exec(value) ?? [];
  return number === undefined ? undefined : Number(number) * (units[unit] ?? 1);
}
