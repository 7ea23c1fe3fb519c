import type { Carrier } from "./carrier.ts";

/** What is said over the port besides datagrams: that the other end is closed, and why. */
export interface PortClosed {
  readonly closed: string;
}

/** A carrier at the other end of a port: a DataChannel of the page's own thread. */
export class PortCarrier implements Carrier {
  onDatagram: ((datagram: Uint8Array) => void) | undefined;
  readonly closed: Promise<string>;
  readonly #port: MessagePort;
  readonly #close: (reason: string) => void;

  constructor(port: MessagePort) {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.closed = promise;
    this.#close = resolve;
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<ArrayBuffer | PortClosed>) => {
      if (data instanceof ArrayBuffer) this.onDatagram?.(new Uint8Array(data));
      else this.#end(data.closed);
    };
  }

  send(datagram: Uint8Array): void {
    const copy = datagram.slice();
    this.#port.postMessage(copy.buffer, [copy.buffer]);
  }

  close(): void {
    this.#end("closed");
  }

  #end(reason: string): void {
    this.#port.onmessage = null;
    this.#port.close();
    this.#close(reason);
  }
}
