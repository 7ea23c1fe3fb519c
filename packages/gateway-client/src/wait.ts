import { GatewayError } from "./gateway-error.ts";

/** Resolves after a time; rejects with GatewayError "aborted" as soon as the signal says so. */
export function wait(millis: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(new GatewayError("aborted", "given up"));
    };
    if (signal?.aborted) return reject(new GatewayError("aborted", "given up"));
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }, millis);
    signal?.addEventListener("abort", aborted, { once: true });
  });
}
