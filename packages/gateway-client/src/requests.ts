import type { Granted, SocketError } from "@wavry/signaling";
import { GatewayError } from "./gateway-error.ts";

/** An answer that takes longer does not come: the gateway was changed, or cannot be reached. */
const PATIENCE_MS = 20_000;

interface Waiting {
  readonly resolve: (granted: Granted) => void;
  readonly reject: (error: GatewayError) => void;
}

/** Requests that wait for their answers. */
export class Requests {
  readonly #waiting = new Map<string, Waiting>();

  /** The answer to `id`; rejects with GatewayError, "timeout" and "aborted" among them. */
  wait(id: string, signal?: AbortSignal): Promise<Granted> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#waiting.delete(id);
      };
      const fail = (error: GatewayError) => {
        done();
        reject(error);
      };
      const onAbort = () => fail(new GatewayError("aborted", "given up"));
      const timer = setTimeout(
        () => fail(new GatewayError("timeout", "the gateway did not answer; try again")),
        PATIENCE_MS,
      );
      const succeed = (granted: Granted) => {
        done();
        resolve(granted);
      };
      this.#waiting.set(id, { resolve: succeed, reject: fail });
      if (signal?.aborted) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** True if somebody waited for it. */
  granted(granted: Granted): boolean {
    const waiting = this.#waiting.get(granted.request);
    waiting?.resolve(granted);
    return waiting !== undefined;
  }

  /** True if somebody waited for it. */
  failed({ request, code, message, retryAfterSeconds }: SocketError): boolean {
    const waiting = request === undefined ? undefined : this.#waiting.get(request);
    waiting?.reject(new GatewayError(code, message, { retryAfterSeconds }));
    return waiting !== undefined;
  }

  /** Nothing is answered any more. */
  close(): void {
    for (const { reject } of [...this.#waiting.values()])
      reject(new GatewayError("closed", "the connection to the gateway is closed"));
  }
}
