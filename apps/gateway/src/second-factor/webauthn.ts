import type * as server from "@simplewebauthn/server";
import type * as helpers from "@simplewebauthn/server/helpers";

/** The library for passkeys, loaded at first use: it would be a tenth of the gateway's start. */
export async function webAuthn(): Promise<
  typeof server & Pick<typeof helpers, "decodeAttestationObject">
> {
  const [library, { decodeAttestationObject }] = await Promise.all([
    import("@simplewebauthn/server"),
    import("@simplewebauthn/server/helpers"),
  ]);
  return { ...library, decodeAttestationObject };
}
