import { setPriority } from "node:os";

/** What a thread got: real-time (SCHED_FIFO), a larger share, or nothing. */
export type ThreadPriority = "fifo" | "nice" | "normal";

const HIGH = -10;

/**
 * Lets the calling thread run ahead of the others as far as that is allowed, and says what took effect.
 * It must never spin from then on.
 */
export async function prioritizeThread(): Promise<ThreadPriority> {
  try {
    if (process.platform === "linux") {
      const { raiseThreadPriority } = await import("@wavry/x11");
      if (raiseThreadPriority()) return "fifo";
    }
  } catch {
    // Without FFI there is the other way.
  }
  try {
    // On Linux this is the calling thread, elsewhere the process.
    setPriority(HIGH);
    return "nice";
  } catch {
    return "normal";
  }
}
