import type { Micros } from "@wavry/rift-core";
import type { Right } from "@wavry/signaling";

/** Grants that wait for their client, and those in use, at most. */
const MAX_GUESTS = 256;

/** Whom a grant lets in, as the host has checked it. */
export interface Guest {
  /** Names the session in the gateway and here. */
  readonly sessionId: string;
  readonly wavryId: string;
  /** X25519, 32 bytes; owned. */
  readonly staticKey: Uint8Array;
  /** Who comes, safe for a terminal. */
  readonly name: string;
  readonly rights: ReadonlySet<Right>;
  /** The person at the host is asked first. */
  readonly ask: boolean;
  /** Until when the first connection must have come. */
  readonly admitUntil: Micros;
  /** When all ends. */
  readonly endsAt: Micros;
}

interface Expected extends Guest {
  rights: ReadonlySet<Right>;
  arrived: boolean;
  /** The person at the host agreed; they are not asked again when the same guest reconnects. */
  agreed: boolean;
}

/** The guests that a host expects or has, by session. A guest who has arrived may reconnect until the end. */
export class Guests {
  readonly #guests = new Map<string, Expected>();

  /** Expects a guest; the oldest that has not arrived makes room where there are too many. */
  expect(guest: Guest, now: Micros): void {
    this.#drop(now);
    if (this.#guests.size >= MAX_GUESTS)
      for (const [id, { arrived }] of this.#guests)
        if (!arrived) {
          this.#guests.delete(id);
          break;
        }
    if (this.#guests.size >= MAX_GUESTS) return;
    this.#guests.set(guest.sessionId, { ...guest, arrived: false, agreed: !guest.ask });
  }

  /** Whom to answer at `now`. */
  statics(now: Micros): { wavryId: string; staticKey: Uint8Array }[] {
    this.#drop(now);
    return [...this.#guests.values()].map(({ wavryId, staticKey }) => ({ wavryId, staticKey }));
  }

  /** The guest who just arrived, the newest grant first; undefined if nobody like that is expected. */
  arrive(wavryId: string, now: Micros): (Guest & { readonly agreed: boolean }) | undefined {
    this.#drop(now);
    let found: Expected | undefined;
    for (const guest of this.#guests.values()) if (guest.wavryId === wavryId) found = guest;
    if (found !== undefined) found.arrived = true;
    return found;
  }

  /** Whom the grant of a session names; undefined where there is no such session at `now`. */
  guestOf(sessionId: string, now: Micros): string | undefined {
    const guest = this.#guests.get(sessionId);
    return guest !== undefined && isGood(guest, now) ? guest.wavryId : undefined;
  }

  /** The person at the host agreed. */
  agree(sessionId: string): void {
    const guest = this.#guests.get(sessionId);
    if (guest !== undefined) guest.agreed = true;
  }

  /** The grant was changed; false if the session is not here. */
  setRights(sessionId: string, rights: ReadonlySet<Right>): boolean {
    const guest = this.#guests.get(sessionId);
    if (guest !== undefined) guest.rights = rights;
    return guest !== undefined;
  }

  /** Nobody comes by this grant any more; false if the session is not here. */
  end(sessionId: string): boolean {
    return this.#guests.delete(sessionId);
  }

  /** When the next grant runs out by itself. */
  nextEnd(): Micros | undefined {
    let next: Micros | undefined;
    for (const guest of this.#guests.values()) {
      const at = guest.arrived ? guest.endsAt : Math.min(guest.admitUntil, guest.endsAt);
      if (next === undefined || at < next) next = at;
    }
    return next;
  }

  /** Takes out what has run out; gives those who had arrived. */
  expire(now: Micros): string[] {
    return this.#drop(now);
  }

  #drop(now: Micros): string[] {
    const ended: string[] = [];
    for (const [id, guest] of this.#guests) {
      if (isGood(guest, now)) continue;
      this.#guests.delete(id);
      if (guest.arrived) ended.push(id);
    }
    return ended;
  }
}

function isGood({ arrived, admitUntil, endsAt }: Expected, now: Micros): boolean {
  return now < endsAt && (arrived || now < admitUntil);
}
