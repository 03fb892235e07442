// A terminal sends SIGHUP when it is closed.
const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type Signal = (typeof names)[number];

let received: Signal | undefined;
let controller: AbortController | undefined;

/**
 * Listens for the signals. Calls `end`, which ends the process, at the second, or at the first if no command handles
 * it.
 */
export function hearSignals(end: (signal: Signal) => void): void {
  for (const name of names)
    process.on(name, () => {
      const again = received !== undefined;
      received ??= name;
      if (again || !controller) end(name);
      else controller.abort();
    });
}

/** The first signal received; undefined: none. */
export function signalReceived(): Signal | undefined {
  return received;
}

/** A signal that aborts at the first of `names`: the runner then cancels its statement, rolls back and reports. */
export function abortOnSignal(): AbortSignal {
  controller = new AbortController();
  if (received) controller.abort();
  return controller.signal;
}
