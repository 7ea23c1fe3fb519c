import {
  type Candidate,
  type Hello,
  type NumberedServerMessage,
  Outbox,
  type SavedOutbox,
  type SessionPeer,
  type SocketRole,
} from "@wavry/signaling";
import type { Connection } from "./connection.ts";
import { clientKey, hostKey } from "./peer-key.ts";
import type { SessionNote } from "./session-note.ts";

/** What may wait for its turn. */
const MAX_TASKS = 128;

/** Who came in. */
export interface PeerIdentity {
  /** The version of the protocol that it speaks. */
  readonly protocol: Hello["protocol"];
  readonly role: SocketRole;
  readonly instance: string;
  /** What the other side of its sessions is told. */
  readonly device: SessionPeer;
  /** Null for guests. */
  readonly userId: string | null;
  /** The sign-in that it came with; null for guests. */
  readonly signInId: string | null;
  /** The share link that a guest came by. */
  readonly shareLinkId: string | null;
}

/** What another replica needs to go on with a device. */
export interface SavedPeer {
  readonly outbox: SavedOutbox;
  readonly received: number;
  readonly sessions: readonly SessionNote[];
  readonly candidates: readonly Candidate[];
}

/** A device program that is connected, or was a moment ago. */
export class Peer {
  readonly identity: PeerIdentity;
  /** Its name on the bus. */
  readonly key: string;
  readonly sessions: Map<string, SessionNote> = new Map();
  /** Undefined while it is away. */
  connection: Connection | undefined;
  /** Stays until the next connection's comes. */
  connectionId = "";
  /** SHA-256 of the token that resumes it. */
  resumeHash = "";
  /** `seq` of its last message that was taken. */
  received = 0;
  /** A host's, as it told last. */
  candidates: readonly Candidate[] = [];
  /** Which second of the beat is its own. */
  slot = 0;
  /** Beats since it was heard, or since it went away. */
  silentBeats = 0;
  /** Beats altogether. */
  beats = 0;
  #outbox: Outbox<NumberedServerMessage> = new Outbox();
  #tasks = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(identity: PeerIdentity) {
    const { role, device, instance } = identity;
    this.identity = identity;
    this.key = role === "host" ? hostKey(device.id) : clientKey(device.id, instance);
  }

  get outbox(): Outbox<NumberedServerMessage> {
    return this.#outbox;
  }

  /** Whom its connections are counted for. */
  get owner(): string {
    const { userId, shareLinkId } = this.identity;
    return userId ?? `link:${shareLinkId}`;
  }

  /** Runs a task after those before it; false where too many wait. The task does not reject. */
  enqueue(task: () => Promise<void>): boolean {
    if (this.#tasks >= MAX_TASKS) return false;
    this.#tasks++;
    this.#last = this.#last.then(task).finally(() => this.#tasks--);
    return true;
  }

  save(): SavedPeer {
    return {
      outbox: this.#outbox.save(),
      received: this.received,
      sessions: [...this.sessions.values()],
      candidates: this.candidates,
    };
  }

  /** Goes on where another replica, or the connection before, stopped. */
  restore(saved: SavedPeer): void {
    this.#outbox = Outbox.restore(saved.outbox);
    this.received = saved.received;
    this.candidates = saved.candidates;
    for (const session of saved.sessions) this.sessions.set(session.id, session);
  }
}
