import { encodeBase64url } from "@wavry/signaling";
import type { Carrier } from "./carrier.ts";

/** Where a host's WebTransport server is, as the host has signed it. */
export interface WebTransportTarget {
  /** Numeric, tried all at once. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly path: string;
  /** SHA-256 of each certificate that may be shown. */
  readonly certificates: readonly Uint8Array[];
}

/** Datagrams that wait to be read, at most: some pictures. */
const INCOMING_DATAGRAMS = 4096;
/** What could not be sent for so long is stale. */
const OUTGOING_MAX_AGE_MILLIS = 100;
/** Datagrams that wait to be sent, at most. */
const OUTGOING_DATAGRAMS = 64;

interface Lane {
  readonly transport: WebTransport;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
}

/**
 * Connections that carry together, at most 4 (spec/web.md §4). A QUIC connection stops while its congestion window is full,
 * which lost acknowledgements keep it for long; the host sends each datagram over one that has room.
 */
const LANES = 4;
/** The further ones leave the first picture alone. */
const LANES_DELAY_MILLIS = 300;
const GROUP_BYTES = 9;

/** Datagrams of a host's WebTransport server; works in workers. */
export class WebTransportCarrier implements Carrier {
  onDatagram: ((datagram: Uint8Array) => void) | undefined;
  readonly closed: Promise<string>;
  readonly #lanes: Lane[] = [];
  readonly #ended = Promise.withResolvers<string>();
  #open = true;

  private constructor(first: WebTransport) {
    this.closed = this.#ended.promise;
    this.#add(first);
  }

  /**
   * Connects to the address that answers first. Rejects with the last address's error, "timeout" or a missing
   * `WebTransport` included.
   */
  static async open(
    target: WebTransportTarget,
    timeoutMillis: number,
  ): Promise<WebTransportCarrier> {
    if (typeof WebTransport === "undefined")
      throw new Error("this browser has no WebTransport in workers");
    const grouped = { ...target, path: withLane(target.path) };
    const transports: WebTransport[] = [];
    const timer = setTimeout(() => {
      for (const transport of transports) transport.close();
    }, timeoutMillis);
    try {
      const opening = target.addresses.map((address) => {
        const transport = openTransport(grouped, address);
        transports.push(transport);
        transport.closed.catch(ignore);
        return transport.ready.then(() => ({ transport, address }));
      });
      const { transport: winner, address } = await Promise.any(opening);
      for (const transport of transports) if (transport !== winner) transport.close();
      const carrier = new WebTransportCarrier(winner);
      setTimeout(() => carrier.#widen(grouped, address), LANES_DELAY_MILLIS);
      return carrier;
    } catch (cause) {
      throw new Error("no WebTransport connection came about", { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  send(datagram: Uint8Array): void {
    const lane = this.#lanes.find(({ writer }) => (writer.desiredSize ?? 0) > 0);
    lane?.writer.write(datagram.slice()).catch(ignore);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const { transport } of this.#lanes) transport.close();
  }

  /** Opens the further lanes; those that do not come about are not missed. */
  #widen(target: WebTransportTarget, address: string): void {
    for (let lane = 1; lane < LANES && this.#open; lane++) {
      const transport = openTransport(target, address);
      transport.closed.catch(ignore);
      transport.ready.then(() => (this.#open ? this.#add(transport) : transport.close()), ignore);
    }
  }

  #add(transport: WebTransport): void {
    const { datagrams } = transport;
    // Else all but the newest few are thrown away while this thread does something else.
    datagrams.incomingHighWaterMark = INCOMING_DATAGRAMS;
    datagrams.outgoingHighWaterMark = OUTGOING_DATAGRAMS;
    datagrams.outgoingMaxAge = OUTGOING_MAX_AGE_MILLIS;
    const lane: Lane = { transport, writer: datagrams.writable.getWriter() };
    lane.writer.closed.catch(ignore);
    this.#lanes.push(lane);
    void transport.closed.then(
      ({ reason }) => this.#remove(lane, reason || "closed"),
      (error: unknown) =>
        this.#remove(lane, String((error as Error | undefined)?.message ?? error)),
    );
    void this.#read(datagrams.readable.getReader());
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        if (this.#open) this.onDatagram?.(value);
      }
    } catch {
      // `closed` tells why.
    }
  }

  #remove(lane: Lane, reason: string): void {
    this.#lanes.splice(this.#lanes.indexOf(lane), 1);
    if (this.#lanes.length > 0) return;
    this.#open = false;
    this.#ended.resolve(reason);
  }
}

/** The path with a new group's name. */
function withLane(path: string): string {
  const group = encodeBase64url(crypto.getRandomValues(new Uint8Array(GROUP_BYTES)));
  return `${path}${path.includes("?") ? "&" : "?"}lane=${group}`;
}

function openTransport(target: WebTransportTarget, address: string): WebTransport {
  const host = address.includes(":") ? `[${address}]` : address;
  return new WebTransport(`https://${host}:${target.port}${target.path}`, {
    congestionControl: "low-latency",
    requireUnreliable: true,
    serverCertificateHashes: target.certificates.map((value) => ({
      algorithm: "sha-256",
      value: new Uint8Array(value),
    })),
  });
}

function ignore(): void {}
