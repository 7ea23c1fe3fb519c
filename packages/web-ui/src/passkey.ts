import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnError,
} from "@simplewebauthn/browser";
import type { PasskeyAnswer, PasskeyChallenge } from "@wavry/signaling";
import { ApiFailure } from "./api-failure.ts";

/** Whether this browser knows passkeys; it does so on https and localhost only. */
export function knowsPasskeys(): boolean {
  return browserSupportsWebAuthn();
}

/** Has the authenticator sign a challenge. Rejects with ApiFailure "passkey-cancelled" or "passkey-failed". */
export async function signWithPasskey(challenge: PasskeyChallenge): Promise<PasskeyAnswer> {
  const optionsJSON = challenge.options as unknown as PublicKeyCredentialRequestOptionsJSON;
  const credential = await foreign(() => startAuthentication({ optionsJSON }));
  return { challengeId: challenge.challengeId, credential: { ...credential } };
}

/** Has the authenticator make a passkey. Rejects with ApiFailure, "passkey-known" where it has one for the account. */
export async function makePasskey(challenge: PasskeyChallenge): Promise<PasskeyAnswer> {
  const optionsJSON = challenge.options as unknown as PublicKeyCredentialCreationOptionsJSON;
  const credential = await foreign(() => startRegistration({ optionsJSON }));
  return { challengeId: challenge.challengeId, credential: { ...credential } };
}

async function foreign<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    const code = codeOf(cause);
    throw new ApiFailure(code, MESSAGES[code], { cause });
  }
}

const MESSAGES = {
  "passkey-known": "The passkey is known already.",
  "passkey-cancelled": "No passkey was shown.",
  "passkey-failed": "The passkey did not work.",
} as const;

function codeOf(cause: unknown): keyof typeof MESSAGES {
  if (cause instanceof WebAuthnError)
    switch (cause.code) {
      case "ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED":
        return "passkey-known";
      case "ERROR_CEREMONY_ABORTED":
        return "passkey-cancelled";
    }
  const name = cause instanceof Error ? cause.name : "";
  return name === "NotAllowedError" || name === "AbortError"
    ? "passkey-cancelled"
    : "passkey-failed";
}
