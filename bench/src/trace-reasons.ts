/** Files of a trace that were opened for the same reason. */
export interface Opened {
  readonly what: string;
  readonly count: number;
  readonly why: string;
}

type Rule = readonly [pattern: RegExp, what: string | undefined, why: string];

// The first match counts. `undefined`: list each file by its name.
const rules: readonly Rule[] = [
  [/\/node_modules\/pg-connection-string\//, "package pg-connection-string", "reads the connection string"],
  [
    /\/node_modules\/(pg|pg-protocol|pg-types|pg-pool|pg-int8|postgres-[a-z]+|pgpass|split2|xtend)\//,
    "package pg and its parts",
    "speaks PostgreSQL's protocol",
  ],
  [/\/node_modules\/commander\//, "package commander", "reads the command line"],
  [/\/node_modules\/yocto-spinner\//, "package yocto-spinner", "shows that something is under way"],
  [/\/node_modules\/yoctocolors\//, "package yoctocolors", "colours"],
  [/\/node_modules\/fastest-levenshtein\//, "package fastest-levenshtein", "suggests a migration's name"],
  [/\/node_modules\/@opentelemetry\//, "package @opentelemetry/api", "spans, where an SDK is registered"],
  [/^\.\/packages\/migrator-cli\/dist\//, "packages/migrator-cli/dist", "our command"],
  [/^\.\/packages\/migrator\/dist\//, "packages/migrator/dist", "our engine"],
  [
    /\.cache\/migrator\/.*\.cache$/,
    "the folder's cache",
    "says which files a run has found sound, and what it read of them",
  ],
  [/^project\/migrations\/manifest\.json$/, undefined, "the history and its checksums"],
  [/^project\/migrations$/, undefined, "the files that are there"],
  [/^project\/migrations\//, "the migrations' files", "their statements and checksums"],
  [/^project\/migrator\.config\./, undefined, "the configuration"],
  [/compile-cache/, "Node's compile cache", "compiled code instead of source"],
  [/package\.json$/, "package.json files", "Node asks whether a file is an ES module"],
  [/^node\/bin\/node$/, "the Node binary", "V8 maps its built-in code beside the code that it makes"],
  [/\/list-modules\.js$/, "the benchmark's own list", "writes this"],
  [/\.so(\.\d+)*$|ld\.so\.cache$/, "shared libraries", "the Node binary is linked to them"],
  [/^\/proc\/|^\/sys\//, "/proc, /sys", "Node asks for memory and cores"],
  [/^\/dev\//, "/dev", "standard streams, random numbers"],
  [/openssl\.cnf$/, "openssl.cnf", "Node's OpenSSL reads its settings"],
  [/\/(resolv\.conf|nsswitch\.conf|hosts|host\.conf|gai\.conf)$/, "resolver's files", "finds the database's host"],
  [/^\/etc\/(localtime|passwd|group)$|zoneinfo/, undefined, "the system's time zone and accounts"],
];

/** Groups files by the reason why they were opened; a file without a reason is listed by name and marked. */
export function explainFiles(files: readonly string[]): Opened[] {
  const groups = Map.groupBy(files, (file) => {
    const [, what, why] = rules.find(([pattern]) => pattern.test(file)) ?? [];
    return JSON.stringify([what ?? file, why ?? "**not explained**"]);
  });
  return [...groups].map(([key, { length: count }]) => {
    const [what = "", why = ""] = JSON.parse(key) as string[];
    return { what, count, why };
  });
}
