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

/** Datagrams of a WebTransport session; works in workers. */
export class WebTransportCarrier implements Carrier {
  onDatagram: ((datagram: Uint8Array) => void) | undefined;
  readonly closed: Promise<string>;
  readonly #transport: WebTransport;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #open = true;

  private constructor(transport: WebTransport) {
    this.#transport = transport;
    const { datagrams } = transport;
    // Else all but the newest few are thrown away while this thread does something else.
    datagrams.incomingHighWaterMark = INCOMING_DATAGRAMS;
    datagrams.outgoingHighWaterMark = OUTGOING_DATAGRAMS;
    datagrams.outgoingMaxAge = OUTGOING_MAX_AGE_MILLIS;
    this.#writer = datagrams.writable.getWriter();
    this.#writer.closed.catch(ignore);
    this.closed = transport.closed.then(
      ({ reason }) => this.#end(reason || "closed"),
      (error: unknown) => this.#end(String((error as Error | undefined)?.message ?? error)),
    );
    void this.#read(datagrams.readable.getReader());
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
    const transports: WebTransport[] = [];
    const timer = setTimeout(() => {
      for (const transport of transports) transport.close();
    }, timeoutMillis);
    try {
      const opening = target.addresses.map((address) => {
        const transport = openTransport(target, address);
        transports.push(transport);
        transport.closed.catch(ignore);
        return transport.ready.then(() => transport);
      });
      const winner = await Promise.any(opening);
      for (const transport of transports) if (transport !== winner) transport.close();
      return new WebTransportCarrier(winner);
    } catch (cause) {
      throw new Error("no WebTransport connection came about", { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  send(datagram: Uint8Array): void {
    if (!this.#open || (this.#writer.desiredSize ?? 0) <= -OUTGOING_DATAGRAMS) return;
    this.#writer.write(datagram.slice()).catch(ignore);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#transport.close();
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

  #end(reason: string): string {
    this.#open = false;
    return reason;
  }
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
