// The last one comes where a terminal is closed.
const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type Signal = (typeof names)[number];

let received: Signal | undefined;
let controller: AbortController | undefined;

/** Hears the signals that end a program from now on. `end` ends the process where no command handles the first, or at a second one. */
export function hearSignals(end: (signal: Signal) => void): void {
  for (const name of names)
    process.on(name, () => {
      const again = received !== undefined;
      received ??= name;
      if (again || !controller) end(name);
      else controller.abort();
    });
}

/** The first signal that came; undefined: none. */
export function signalReceived(): Signal | undefined {
  return received;
}

/** Aborts at the first of them: the statement under way is cancelled and rolled back, and the command reports. */
export function abortOnSignal(): AbortSignal {
  controller = new AbortController();
  if (received) controller.abort();
  return controller.signal;
}
