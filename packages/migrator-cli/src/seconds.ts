const units: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600 };

/** Reads a duration such as `300`, `300s`, `5m` or `1h`, in seconds; undefined where it is none. */
export function toSeconds(text: string): number | undefined {
  const [, number = "", unit = ""] = /^(\d{1,7}(?:\.\d{1,3})?)([smh]?)$/.exec(text) ?? [];
  return number === "" ? undefined : Number(number) * (units[unit] ?? 1);
}
