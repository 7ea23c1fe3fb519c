import { CloseReason, type Micros } from "@wavry/rift-core";
import type { Right } from "@wavry/signaling";
import { type Guest, Guests } from "./guests.ts";
import type { HostClient } from "./host-client.ts";
import type { HostEvent } from "./host-options.ts";

/** How long a person at the host may think before it counts as a no. */
const CONSENT_MICROS: Micros = 60_000_000;
/** The longest that a timer of Node takes. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What the book needs of its host. */
export interface GuestBookServices {
  readonly now: () => Micros;
  readonly emit: (event: HostEvent) => void;
  /** Who is let in has changed. */
  readonly admissionChanged: () => void;
}

/** The guests of a host while they are expected, asked about and here; ends each at its time. */
export class GuestBook implements Disposable {
  readonly #services: GuestBookServices;
  readonly #guests = new Guests();
  readonly #clients = new Map<string, Set<HostClient>>();
  /** Whom the person at the host is asked about, and until when. */
  readonly #asked = new Map<string, NodeJS.Timeout>();
  #timer: NodeJS.Timeout | undefined;

  constructor(services: GuestBookServices) {
    this.#services = services;
  }

  /** Whom to answer. */
  statics(): { wavryId: string; staticKey: Uint8Array }[] {
    return this.#guests.statics(this.#services.now());
  }

  /** Whom the grant of a session names; undefined where there is no such session (any more). */
  guestOf(sessionId: string): string | undefined {
    return this.#guests.guestOf(sessionId, this.#services.now());
  }

  /** Lets a guest in by a grant that the caller has checked. */
  expect(guest: Guest): void {
    this.#guests.expect(guest, this.#services.now());
    this.#services.admissionChanged();
    this.#tend();
  }

  /** The guest with this Wavry ID has connected: what it may do; undefined if nobody like that is expected. */
  arrive(wavryId: string): (Guest & { readonly agreed: boolean }) | undefined {
    const guest = this.#guests.arrive(wavryId, this.#services.now());
    this.#tend();
    return guest;
  }

  /** The guest's client is here; the person is asked where that is wished. */
  attach(guest: Guest & { readonly agreed: boolean }, client: HostClient): void {
    const { sessionId, wavryId, name, rights } = guest;
    const clients = this.#clients.get(sessionId) ?? new Set();
    this.#clients.set(sessionId, clients.add(client));
    if (guest.agreed || this.#asked.has(sessionId)) return;
    this.#asked.set(
      sessionId,
      setTimeout(() => this.answer(sessionId, false), CONSENT_MICROS / 1000),
    );
    this.#services.emit({
      ...{ type: "consent-asked", sessionId, wavryId, name },
      rights: [...rights],
    });
  }

  /** The guest's client is gone. */
  detach(sessionId: string, client: HostClient): void {
    const clients = this.#clients.get(sessionId);
    clients?.delete(client);
    if (clients?.size !== 0) return;
    this.#clients.delete(sessionId);
    // Who left before an answer is not let in by a late one.
    if (this.#asked.has(sessionId)) this.answer(sessionId, false);
  }

  /** What the person at the host said; false if nobody waits for it (any more). */
  answer(sessionId: string, agreed: boolean): boolean {
    const timer = this.#asked.get(sessionId);
    if (timer === undefined) return false;
    clearTimeout(timer);
    this.#asked.delete(sessionId);
    this.#services.emit({ type: "consent-ended", sessionId, agreed });
    if (agreed) {
      this.#guests.agree(sessionId);
      for (const client of this.#clients.get(sessionId) ?? []) client.agree();
    } else this.end(sessionId, "the person at the other machine did not agree");
    return true;
  }

  /** The grant was changed; false if the session is not here. */
  setRights(sessionId: string, rights: ReadonlySet<Right>): boolean {
    for (const client of this.#clients.get(sessionId) ?? []) client.setRights(rights);
    return this.#guests.setRights(sessionId, rights);
  }

  /** Ends a session for good and tells the guest why; false if it is not here. */
  end(sessionId: string, why: string): boolean {
    const known = this.#guests.end(sessionId);
    this.#close(sessionId, why);
    if (known) this.#services.admissionChanged();
    return known;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const timer of this.#asked.values()) clearTimeout(timer);
    this.#asked.clear();
  }

  #close(sessionId: string, why: string): void {
    clearTimeout(this.#asked.get(sessionId));
    this.#asked.delete(sessionId);
    const clients = this.#clients.get(sessionId);
    this.#clients.delete(sessionId);
    for (const client of clients ?? []) client.connection.close(CloseReason.refused, why);
  }

  /** Ends what has run out, and comes back for the next. */
  #tend(): void {
    clearTimeout(this.#timer);
    const now = this.#services.now();
    const ended = this.#guests.expire(now);
    for (const sessionId of ended) this.#close(sessionId, "the time is over");
    if (ended.length > 0) this.#services.admissionChanged();
    const next = this.#guests.nextEnd();
    if (next === undefined) return;
    const waitMs = Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil((next - now) / 1000)));
    this.#timer = setTimeout(() => {
      this.#tend();
      this.#services.admissionChanged();
    }, waitMs);
    this.#timer.unref();
  }
}
