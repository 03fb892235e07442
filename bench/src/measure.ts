import { spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import path from "node:path";

/** A program to start, in its own folder. */
export interface Command {
  readonly argv: readonly string[];
  /** Its environment besides PATH, HOME and the like. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** The resources of one process, with all child processes that it waited for. */
export interface Measurement {
  readonly wallMs: number;
  /** User and system time. */
  readonly cpuMs: number;
  /** Peak resident memory of the largest of the processes. */
  readonly peakMib: number;
  /** Its standard output and standard error. */
  readonly output: string;
}

// Node cannot report its children's memory, and the peak of a child of Node includes Node's own. Perl is on every
// Debian, is smaller than any peer, and can make system calls: clock_gettime(CLOCK_MONOTONIC) and
// getrusage(RUSAGE_CHILDREN).
const script = `my ($clock, $usage) = map { shift() + 0 } 1, 2;
open my $result, ">&=", 3 or die "bench: $!";
sub now { my $time = "\\0" x 16; syscall($clock, 1, $time); my ($s, $ns) = unpack "q2", $time; $s * 1e3 + $ns / 1e6 }
my $start = now();
my $pid = fork // die "bench: $!";
unless ($pid) { exec { $ARGV[0] } @ARGV or die "bench: $ARGV[0]: $!" }
waitpid $pid, 0;
my ($status, $wall) = ($?, now() - $start);
my $children = "\\0" x 144;
syscall($usage, -1, $children);
my @used = unpack "q5", $children;
printf $result "%d %.3f %.3f %d", $status, $wall, ($used[0] + $used[2]) * 1e3 + ($used[1] + $used[3]) / 1e3, $used[4];`;

const systemCalls: Record<string, [clock: string, usage: string]> = { x64: ["228", "98"], arm64: ["113", "165"] };

/** Runs a program to its end and measures it. Throws with the end of its output when it fails. */
export async function measure(command: Command): Promise<Measurement> {
  const file = path.join(command.cwd, "output.txt");
  const { status, wallMs, cpuMs, peakMib } = parse(await runMeasured(command, file));
  const output = await readFile(file, "utf8");
  if (status !== 0) throw new Error(`"${command.argv.join(" ")}" ended with status ${status}:\n${output.slice(-4000)}`);
  return { wallMs, cpuMs, peakMib, output };
}

/** Output goes to a file: reading a pipe would take CPU from the program. */
async function runMeasured({ argv, env, cwd }: Command, file: string): Promise<string> {
  await using output = await open(file, "w");
  const child = spawn("perl", ["-e", script, ...numbers(), ...argv], {
    cwd,
    env: { ...plainEnvironment(), ...env },
    stdio: ["ignore", output.fd, output.fd, "pipe"],
  });
  let result = "";
  child.stdio[3]?.on("data", (chunk: Buffer) => (result += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    child.once("error", (cause) => reject(new Error("the benchmark measures with perl: install it", { cause })));
    child.once("close", () => resolve());
  });
  return result;
}

function numbers(): readonly string[] {
  const found = process.platform === "linux" ? systemCalls[process.arch] : undefined;
  if (!found) throw new Error("the benchmark measures on Linux alone, on x64 or arm64");
  return found;
}

/** The environment of every program: without pnpm's, turbo's and Vitest's variables. */
function plainEnvironment(): Record<string, string> {
  const kept = ["PATH", "HOME", "TMPDIR"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(kept), LANG: "C.UTF-8", NO_COLOR: "1" } as Record<string, string>;
}

function parse(result: string): Omit<Measurement, "output"> & { status: number } {
  const [status = NaN, wallMs = NaN, cpuMs = NaN, peakKib = NaN] = result.split(" ").map(Number);
  // As in a shell: 128 + the signal's number.
  return { status: status & 127 ? 128 + (status & 127) : status >> 8, wallMs, cpuMs, peakMib: peakKib / 1024 };
}
