import type { CompleteUpdate, Micros, SequencedCursorPosition } from "@wavry/rift-core";
import type { Control } from "@wavry/rift-core/control";
import type { ConnectAttempt } from "./connect-attempt.ts";
import type { Connection } from "./connection.ts";

/** Why an attempt to connect failed. */
export type ConnectFailure = "timeout" | "key-changed" | "refused" | "aborted";

/**
 * What happened, from `Endpoint.pollEvent`. Borrowed bytes are valid until the endpoint's next
 * `receive` or `handleTimeout`.
 */
export type SessionEvent =
  | {
      readonly type: "connected";
      readonly connection: Connection;
      /** The attempt that led to it; undefined on the host's side. */
      readonly attempt: ConnectAttempt | undefined;
    }
  | {
      readonly type: "connect-failed";
      readonly attempt: ConnectAttempt;
      readonly code: ConnectFailure;
      readonly message: string;
    }
  | {
      readonly type: "closed";
      readonly connection: Connection;
      /** A CloseReason, or a number that a newer peer sent. */
      readonly reason: number;
      readonly message: string;
      /** True where the peer closed. */
      readonly remote: boolean;
    }
  | { readonly type: "control"; readonly connection: Connection; readonly message: Control }
  | {
      readonly type: "input";
      readonly connection: Connection;
      /** Borrowed. */
      readonly datagram: Uint8Array;
      readonly receivedAt: Micros;
    }
  | {
      readonly type: "cursor";
      readonly connection: Connection;
      readonly position: SequencedCursorPosition;
    }
  | {
      readonly type: "update";
      readonly connection: Connection;
      /** Its bytes are borrowed. */
      readonly update: CompleteUpdate;
    }
  | { readonly type: "keyframe-requested"; readonly connection: Connection }
  | {
      readonly type: "input-acknowledged";
      readonly connection: Connection;
      readonly sequence: number;
    }
  | { readonly type: "suspended"; readonly connection: Connection }
  | { readonly type: "resumed"; readonly connection: Connection }
  | { readonly type: "path-changed"; readonly connection: Connection }
  /** Congestion control may want another rate, or let another frame go (`Connection.congestion`, `nextFrameAt`). */
  | { readonly type: "pace-changed"; readonly connection: Connection }
  /** A device that is paired came with another key than the pinned one, and was not let in. */
  | { readonly type: "peer-key-changed"; readonly wavryId: string; readonly address: string };

/** A queue of events that keeps their order. */
export class EventQueue {
  #events: SessionEvent[] = [];
  #next = 0;

  push(event: SessionEvent): void {
    this.#events.push(event);
  }

  shift(): SessionEvent | undefined {
    const event = this.#events[this.#next];
    if (event === undefined) return undefined;
    this.#next++;
    if (this.#next === this.#events.length) {
      this.#events.length = 0;
      this.#next = 0;
    }
    return event;
  }
}
