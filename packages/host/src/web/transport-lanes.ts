import type { Carrier, CarrierPort } from "@wavry/rift-udp";
import { pathParameter } from "./path-parameter.ts";
import type { TransportSession } from "./transport-entrance.ts";

/** Sessions that carry together, at most. */
const MAX_LANES = 4;
const LANE_PARAMETER = "lane";
const MAX_GROUP_LENGTH = 32;

/** What lanes are made with. */
export interface TransportLanesInit {
  /** Which sessions belong together; undefined: the first one stays alone. */
  readonly group: string | undefined;
  readonly first: TransportSession;
  addCarrier(carrier: Carrier): CarrierPort;
  /** The last lane has ended. */
  onOver(): void;
}

/**
 * WebTransport sessions of one page that are one carrier together (spec/web.md §4). Each is a QUIC connection with a
 * congestion window of its own, and where acknowledgements are lost the window stays full until a probe times out.
 * RIFT has paced what is sent already, so a datagram takes the first lane that has room.
 */
export class TransportLanes {
  readonly group: string | undefined;
  readonly #init: TransportLanesInit;
  readonly #sessions: TransportSession[] = [];
  readonly #port: CarrierPort;
  /** The lane in use: the others' windows are kept for when it is full. */
  #at = 0;

  constructor(init: TransportLanesInit) {
    this.#init = init;
    this.group = init.group;
    this.#port = init.addCarrier({ send: (datagram) => this.#send(datagram) });
    this.add(init.first);
  }

  /** Takes one more; false: there are enough, or none is left that it could join. */
  add(session: TransportSession): boolean {
    if (this.#sessions.length === MAX_LANES) return false;
    this.#sessions.push(session);
    session.onDatagram = (datagram) => this.#port.receive(datagram);
    void session.closed.then(() => this.#remove(session));
    return true;
  }

  close(code: number, reason: string): void {
    for (const session of [...this.#sessions]) session.close(code, reason);
  }

  #send(datagram: Uint8Array): void {
    const sessions = this.#sessions;
    for (let tries = 0; tries < sessions.length; tries++) {
      if (sessions[this.#at]?.sendDatagramNow(datagram) === true) return;
      this.#at = (this.#at + 1) % sessions.length;
    }
    // All are full: it waits.
    sessions[this.#at]?.sendDatagram(datagram);
  }

  #remove(session: TransportSession): void {
    this.#sessions.splice(this.#sessions.indexOf(session), 1);
    this.#at = 0;
    if (this.#sessions.length > 0) return;
    this.#port.close();
    this.#init.onOver();
  }
}

/** The group that a session's path names. */
export function laneGroupOf(path: string): string | undefined {
  const group = pathParameter(path, LANE_PARAMETER) ?? "";
  return group === "" || group.length > MAX_GROUP_LENGTH ? undefined : group;
}
