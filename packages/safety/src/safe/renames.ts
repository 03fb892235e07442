const part = String.raw`(?:"(?:[^"]|"")+"|[\w$\u0080-\uffff]+)`;
const ofObject = new RegExp(
  String.raw`^\s*(alter\s+(?:table|index|sequence|view|materialized\s+view|type|domain|function)\s+)((?:${part}\.)?)(${part})\s+rename\s+to\s+(${part})\s*$`,
  "i",
);
const within = new RegExp(
  String.raw`^\s*(alter\s+\S+(?:\s+view)?\s+(?:${part}\.)?${part}\s+rename\s+(?:column\s+|constraint\s+|value\s+|attribute\s+)?)(${part}|'[^']*')\s+to\s+(${part}|'[^']*')\s*$`,
  "i",
);

/** The statement that takes a rename back; undefined for any other statement. */
export function reverseRename(sql: string): string | undefined {
  const [, head = "", schema = "", from = "", to = ""] = ofObject.exec(sql) ?? [];
  if (from !== "") return `${head}${schema}${to} rename to ${from}`;
  const [, words = "", old = "", now = ""] = within.exec(sql) ?? [];
  return old === "" ? undefined : `${words}${now} to ${old}`;
}
