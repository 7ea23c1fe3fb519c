import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import type { decodeAttestationObject as DecodeAttestationObject } from "@simplewebauthn/server/helpers";
import type { CredentialJson, PasskeyAnswer, PasskeyChallenge } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { tokenHash } from "../keys.ts";
import type { PasskeyRow, UserRow } from "../store/schema.ts";
import { type ChallengePurpose, createChallenge, takeChallenge } from "./challenges.ts";
import { webAuthn } from "./webauthn.ts";

const MAX_PASSKEYS = 20;
/** EdDSA, ES256, RS256. */
const ALGORITHMS = [-8, -7, -257];
const CREDENTIAL_ID = /^[A-Za-z0-9_-]{1,1400}$/;

/** All passkeys of an account, oldest first. */
export function listPasskeys(context: Context, userId: string): Promise<PasskeyRow[]> {
  return context.store.db
    .selectFrom("passkeys")
    .selectAll()
    .where("user_id", "=", userId)
    .orderBy("created_at")
    .execute();
}

/** What an authenticator must sign to become a passkey of this account. Throws 409 "too-many-passkeys". */
export async function startPasskey(context: Context, user: UserRow): Promise<PasskeyChallenge> {
  const known = await listPasskeys(context, user.id);
  if (known.length >= MAX_PASSKEYS)
    throw new ApiError(409, "too-many-passkeys", "remove a passkey first");
  const { generateRegistrationOptions } = await webAuthn();
  const options = await generateRegistrationOptions({
    rpName: "Wavry",
    rpID: context.config.publicUrl.hostname,
    userName: user.email,
    userDisplayName: user.display_name,
    userID: new TextEncoder().encode(user.id),
    excludeCredentials: known.map(({ id }) => ({ id })),
    authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
    supportedAlgorithmIDs: ALGORITHMS,
  });
  return await challengeOf(context, "passkey-register", user.id, options);
}

/** Takes a new passkey; throws 400 "passkey-refused", 409 "passkey-known". */
export async function addPasskey(
  context: Context,
  user: UserRow,
  { challengeId, credential, name }: PasskeyAnswer & { readonly name: string },
): Promise<void> {
  const purpose = "passkey-register";
  const row = await takeChallenge(context, { id: challengeId, purpose, userId: user.id });
  if (row === undefined) throw refused("the challenge is used or too old; start again");
  const { decodeAttestationObject, verifyRegistrationResponse } = await webAuthn();
  const { registrationInfo } = await foreign(() => {
    refuseForeignCertificates(credential, decodeAttestationObject);
    return verifyRegistrationResponse({
      response: credential as unknown as RegistrationResponseJSON,
      expectedChallenge: row.challenge,
      expectedOrigin: context.config.publicUrl.origin,
      expectedRPID: context.config.publicUrl.hostname,
      requireUserVerification: false,
      supportedAlgorithmIDs: ALGORITHMS,
    });
  });
  if (registrationInfo === undefined) throw refused();
  const { id, publicKey, counter } = registrationInfo.credential;
  if (!CREDENTIAL_ID.test(id)) throw refused();
  const added = await context.store.db
    .insertInto("passkeys")
    .values({
      id,
      user_id: user.id,
      public_key: Buffer.from(publicKey).toString("base64url"),
      counter,
      transports: JSON.stringify(transportsOf(credential)),
      name,
      created_at: context.now(),
      last_used_at: null,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .executeTakeFirst();
  if (added.numInsertedOrUpdatedRows === 0n)
    throw new ApiError(409, "passkey-known", "this passkey is registered already");
}

/**
 * What a passkey must sign to sign in: as the only factor (user undefined; whichever passkey the authenticator has, so
 * that the options tell of no account), or as the second.
 */
export async function challengePasskey(
  context: Context,
  user: UserRow | undefined,
): Promise<PasskeyChallenge> {
  const known = user === undefined ? [] : await listPasskeys(context, user.id);
  const { generateAuthenticationOptions } = await webAuthn();
  const options = await generateAuthenticationOptions({
    rpID: context.config.publicUrl.hostname,
    userVerification: user === undefined ? "required" : "preferred",
    allowCredentials: known.map(({ id, transports }) => ({
      id,
      transports: JSON.parse(transports) as string[],
    })),
  });
  const purpose = user === undefined ? "passkey-sign-in" : "passkey-factor";
  return await challengeOf(context, purpose, user?.id ?? null, options);
}

/**
 * Takes a passkey's signature, each challenge and counter value once. `userId`: whose second factor it must be;
 * undefined for the only factor, where the authenticator must have verified its person. Says whose passkey it is; throws
 * 401 "passkey-refused".
 */
export async function takePasskey(
  context: Context,
  { challengeId, credential }: PasskeyAnswer,
  userId: string | undefined,
): Promise<string> {
  const challenge = await takeChallenge(context, {
    id: challengeId,
    purpose: userId === undefined ? "passkey-sign-in" : "passkey-factor",
    userId: userId ?? null,
  });
  const passkey = await findPasskey(context, credential);
  if (challenge === undefined || passkey === undefined) throw refused();
  if (userId !== undefined && passkey.user_id !== userId) throw refused();
  const { verifyAuthenticationResponse } = await webAuthn();
  const { verified, authenticationInfo } = await foreign(() =>
    verifyAuthenticationResponse({
      response: credential as unknown as AuthenticationResponseJSON,
      expectedChallenge: challenge.challenge,
      expectedOrigin: context.config.publicUrl.origin,
      expectedRPID: context.config.publicUrl.hostname,
      requireUserVerification: userId === undefined,
      credential: {
        id: passkey.id,
        publicKey: fromBase64Url(passkey.public_key),
        counter: passkey.counter,
      },
    }),
  );
  if (!verified) throw refused();
  const counter = authenticationInfo.newCounter;
  const { numUpdatedRows } = await context.store.db
    .updateTable("passkeys")
    .set({ counter, last_used_at: context.now() })
    .where("id", "=", passkey.id)
    // An authenticator without a counter always says 0.
    .where((eb) => (counter === 0 ? eb("counter", "=", 0) : eb("counter", "<", counter)))
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw refused();
  return passkey.user_id;
}

/** Removes a passkey by the SHA-256 of its ID; false if there is none. */
export async function removePasskey(
  context: Context,
  userId: string,
  hash: string,
): Promise<boolean> {
  const passkey = (await listPasskeys(context, userId)).find(({ id }) => tokenHash(id) === hash);
  if (passkey === undefined) return false;
  const { numDeletedRows } = await context.store.db
    .deleteFrom("passkeys")
    .where("id", "=", passkey.id)
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

async function challengeOf(
  context: Context,
  purpose: ChallengePurpose,
  userId: string | null,
  options: { readonly challenge: string },
): Promise<PasskeyChallenge> {
  const { challenge } = options;
  const challengeId = await createChallenge(context, { purpose, userId, challenge });
  return { challengeId, options: { ...options } };
}

async function findPasskey(
  context: Context,
  { id }: CredentialJson,
): Promise<PasskeyRow | undefined> {
  if (typeof id !== "string" || !CREDENTIAL_ID.test(id)) return undefined;
  return await context.store.db
    .selectFrom("passkeys")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
}

/** The library may fetch revocation lists from where a certificate says: nobody shall send the gateway anywhere. */
function refuseForeignCertificates(
  credential: CredentialJson,
  decodeAttestationObject: typeof DecodeAttestationObject,
): void {
  const { attestationObject } = credential.response as { attestationObject: string };
  const attestation = decodeAttestationObject(fromBase64Url(attestationObject));
  const format = attestation.get("fmt");
  const selfSigned = format === "packed" && attestation.get("attStmt").get("x5c") === undefined;
  if (format !== "none" && !selfSigned) throw new Error("an attestation that nobody asked for");
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, "base64url"));
}

function transportsOf(credential: CredentialJson): string[] {
  const { transports } = credential.response as { transports?: unknown };
  if (!Array.isArray(transports)) return [];
  return transports
    .filter((text) => typeof text === "string" && /^[a-z-]{1,20}$/.test(text))
    .slice(0, 8);
}

/** Whatever the library throws comes of the peer's bytes. */
async function foreign<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refused(undefined, error);
  }
}

function refused(
  message = "this passkey was not taken; try again or use another way",
  cause?: unknown,
): ApiError {
  return new ApiError(401, "passkey-refused", message, { cause });
}
