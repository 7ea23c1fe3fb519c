import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { PortMappingError } from "./port-mapping.ts";

/** Where routers listen, by PCP and by NAT-PMP. */
export const ROUTER_PORT = 5351;

/** A UDP socket that hears one router alone. Dispose closes it. */
export class RouterSocket implements Disposable {
  readonly #socket: Socket;

  /** Rejects with the signal's reason, or with the system's error where no way leads to the router. */
  static async open(router: string, port: number, signal: AbortSignal): Promise<RouterSocket> {
    signal.throwIfAborted();
    const socket = createSocket("udp4");
    try {
      // A connected socket knows which address of this machine leads to the router, too.
      socket.connect(port, router);
      await once(socket, "connect", { signal });
    } catch (error) {
      socket.close();
      signal.throwIfAborted();
      throw error;
    }
    // Later ones are silence: the next try may be heard.
    socket.on("error", () => {});
    return new RouterSocket(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** This machine's address, as the router sees it. */
  get address(): string {
    return this.#socket.address().address;
  }

  /**
   * Asks, again after each of `waits` (ms), until `read` makes something of an answer; what it throws is thrown. Rejects with
   * PortMappingError "no-answer", or with the signal's reason.
   */
  async ask<T extends object>(
    request: Uint8Array,
    read: (bytes: Uint8Array) => T | undefined,
    waits: readonly number[],
    signal: AbortSignal,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    promise.catch(() => {});
    const onMessage = (bytes: Uint8Array): void => {
      try {
        const answer = read(bytes);
        if (answer !== undefined) resolve(answer);
      } catch (error) {
        reject(error);
      }
    };
    this.#socket.on("message", onMessage);
    const answered = new AbortController();
    const timers = AbortSignal.any([answered.signal, signal]);
    try {
      for (const wait of waits) {
        this.#socket.send(request);
        const pause = sleep(wait, undefined, { signal: timers }).catch(() =>
          signal.throwIfAborted(),
        );
        const answer = await Promise.race([promise, pause]);
        if (answer !== undefined) return answer;
      }
      throw new PortMappingError("no-answer", "the router does not answer");
    } finally {
      answered.abort();
      this.#socket.off("message", onMessage);
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}
