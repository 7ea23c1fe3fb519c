import { LoginCode, SignedIn } from "@wavry/signaling";
import type { GatewayClient } from "./gateway-client.ts";
import { GatewayError } from "./gateway-error.ts";
import { wait } from "./wait.ts";

/** RFC 8628 §3.5: what "slow down" adds. */
const SLOWER_SECONDS = 5;

/** How a program signs in without a password. */
export interface LoginOptions {
  /** The machine's name, shown to the person who approves. */
  readonly label: string;
  /** Shows the person where to go and what to type. */
  readonly onCode: (code: LoginCode) => void;
  readonly signal?: AbortSignal;
}

/** What a sign-in gives. */
export interface Login {
  /** Signed in. */
  readonly client: GatewayClient;
  /** Keep it secret: it is the sign-in. */
  readonly token: string;
  readonly account: SignedIn["account"];
}

/**
 * Signs a program in: a person approves it in a browser (RFC 8628). Rejects with GatewayError "access-denied",
 * "expired-token", "aborted" and those of the gateway.
 */
export async function logIn(client: GatewayClient, options: LoginOptions): Promise<Login> {
  const { label, onCode, signal } = options;
  const code = await client.call({
    method: "POST",
    path: "/api/v1/login-code",
    answer: LoginCode,
    body: { label },
    signal,
  });
  onCode(code);
  let seconds = code.intervalSeconds;
  for (;;) {
    await wait(seconds * 1_000, signal);
    try {
      const { token, account } = await client.call({
        method: "POST",
        path: "/api/v1/login-code/token",
        answer: SignedIn,
        body: { deviceCode: code.deviceCode },
        signal,
      });
      if (token === undefined)
        throw new GatewayError("bad-answer", "the gateway gave no token for this program");
      return { client: client.withToken(token), token, account };
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      if (error.code === "slow-down") seconds += SLOWER_SECONDS;
      // RFC 8628 §3.5: what cannot be reached is asked less often.
      else if (error.code === "unreachable") seconds *= 2;
      else if (error.code !== "authorization-pending") throw error;
    }
  }
}
