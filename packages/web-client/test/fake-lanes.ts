import type { CarrierPort } from "@wavry/rift-udp";
import type { WebTransportSession } from "@wavry/web-transport";

/** WebTransport sessions of a page that are one carrier together. */
export class FakeLanes {
  /** Names their group. */
  readonly path: string;
  readonly #sessions: WebTransportSession[] = [];
  #isDropped = false;
  port: CarrierPort | undefined;

  constructor(path: string) {
    this.path = path;
  }

  get size(): number {
    return this.#sessions.length;
  }

  add(session: WebTransportSession, onDatagram: (datagram: Uint8Array) => void): void {
    if (this.#isDropped) return session.close(1, "test");
    this.#sessions.push(session);
    session.onDatagram = onDatagram;
    void session.closed.then(() => {
      this.#sessions.splice(this.#sessions.indexOf(session), 1);
      if (this.#sessions.length === 0) this.port?.close();
    });
  }

  /** Over the newest, as if the others had no room. */
  send(datagram: Uint8Array): void {
    this.#sessions.at(-1)?.sendDatagram(datagram);
  }

  /** Ends the oldest. */
  dropOne(): void {
    this.#sessions[0]?.close(1, "test");
  }

  /** Ends all, those too that are still to come. */
  drop(): void {
    this.#isDropped = true;
    for (const session of [...this.#sessions]) session.close(1, "test");
  }
}
