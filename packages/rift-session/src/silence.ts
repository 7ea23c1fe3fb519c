import type { Micros } from "@wavry/rift-core";
import { TIMES } from "./constants.ts";

/** How long nothing was heard from the peer, and what follows from it. */
export class Silence {
  #lastHeardAt: Micros;
  #suspended = false;

  constructor(now: Micros) {
    this.#lastHeardAt = now;
  }

  /** True once it has lasted for so long that the path seems to be gone. */
  get isSuspended(): boolean {
    return this.#suspended;
  }

  /** Something authentic came. True: the connection was suspended until now. */
  heard(now: Micros): boolean {
    this.#lastHeardAt = now;
    const wasSuspended = this.#suspended;
    this.#suspended = false;
    return wasSuspended;
  }

  /** What has come of it since the last call. */
  handleTimeout(now: Micros): "nothing" | "suspended" | "over" {
    const silence = now - this.#lastHeardAt;
    if (silence >= TIMES.timeoutMicros) return "over";
    if (silence < TIMES.suspendMicros || this.#suspended) return "nothing";
    this.#suspended = true;
    return "suspended";
  }

  /** When `handleTimeout` has something to say. */
  pollTimeout(): Micros {
    return this.#lastHeardAt + (this.#suspended ? TIMES.timeoutMicros : TIMES.suspendMicros);
  }
}
