import type { PasskeyAnswer, PasskeyChallenge } from "@wavry/signaling";
import { ApiFailure } from "./api-failure.ts";

/** Whether this browser can show a passkey. */
export function canShowPasskey(): boolean {
  return typeof globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";
}

/** Has the browser sign a challenge; rejects with ApiFailure "passkey-cancelled" where the person does not. */
export async function showPasskey({
  challengeId,
  options,
}: PasskeyChallenge): Promise<PasskeyAnswer> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  try {
    const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
    return { challengeId, credential: { ...credential.toJSON() } };
  } catch (cause) {
    throw new ApiFailure("passkey-cancelled", "No passkey was shown.", { cause });
  }
}
