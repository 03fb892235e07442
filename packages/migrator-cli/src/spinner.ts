import { escapeControls } from "@thedata/migrator/internal";
import type { Spinner } from "yocto-spinner";

/** A spinner that is there once it is loaded, and is not missed before. */
export interface LazySpinner {
  load(): void;
  turn(text: string): void;
  stop(): void;
  /** Prints above it while it turns. */
  above(print: () => void): void;
}

/** Makes a spinner that costs nothing where it is not loaded: most runs find nothing to do. */
export function createSpinner(): LazySpinner {
  let spinner: Spinner | undefined;
  let turning: string | undefined;
  const show = () => {
    if (turning !== undefined) spinner?.start(turning);
  };
  const load = async () => {
    // The command hears signals itself: the spinner would end the process while the server goes on.
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
