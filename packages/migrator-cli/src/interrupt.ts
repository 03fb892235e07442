/** Aborts at SIGINT or SIGTERM: the statement under way is cancelled and rolled back. A second signal ends at once. */
export function abortOnSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
  return controller.signal;
}
