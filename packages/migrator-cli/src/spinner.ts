import { escapeControls } from "@thedata/migrator/internal";
import type { Spinner } from "yocto-spinner";

/** A spinner that is shown as soon as its package is loaded. */
export interface LazySpinner {
  load(): void;
  turn(text: string): void;
  stop(): void;
  /** Prints above the spinner. */
  above(print: () => void): void;
}

/** Creates a spinner whose package is loaded only by `load`: most runs find nothing to do. */
export function createSpinner(): LazySpinner {
  let spinner: Spinner | undefined;
  let turning: string | undefined;
  const show = () => {
    if (turning !== undefined) spinner?.start(turning);
  };
  const load = async () => {
    // The command handles signals itself: the spinner would end the process while the server still runs the statement.
    spinner = (await import("yocto-spinner")).default({ handleSignals: false });
    show();
  };
  return {
    load: () => void load(),
    turn(text) {
      turning = escapeControls(text);
      show();
    },
    stop() {
      turning = undefined;
      spinner?.stop();
    },
    above(print) {
      spinner?.stop();
      print();
      show();
    },
  };
}
