import { type Enrolment, type EnrolmentChallenge, enrolmentProof } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { issuerOf } from "../grants/issuer.ts";
import { newId, newToken } from "../keys.ts";
import type { DeviceRow } from "../store/schema.ts";
import { keysBelong, signedBy } from "./device-keys.ts";

const CHALLENGE_MS = 5 * 60_000;
const MAX_DEVICES = 100;
const PURPOSE = "enrolment";

/** What the device must sign; good once, for five minutes. */
export async function createEnrolmentChallenge(
  context: Context,
  userId: string,
): Promise<EnrolmentChallenge> {
  const { db } = context.store;
  const now = context.now();
  const challenge = newToken();
  const row = { id: newId(), purpose: PURPOSE, user_id: userId, challenge };
  await db
    .deleteFrom("challenges")
    .where("user_id", "=", userId)
    .where("purpose", "=", PURPOSE)
    .where("expires_at", "<=", now)
    .execute();
  const expiresAt = now + CHALLENGE_MS;
  await db
    .insertInto("challenges")
    .values({ ...row, expires_at: expiresAt })
    .execute();
  return { id: row.id, challenge, userId, gateway: issuerOf(context.config), expiresAt };
}

/**
 * Puts a device under an account, or brings one of the account's up to date. Throws 400 "challenge-expired", 400
 * "wrong-proof", 409 "enrolled-elsewhere", 409 "too-many-devices".
 */
export async function enrol(
  context: Context,
  userId: string,
  enrolment: Enrolment,
): Promise<DeviceRow> {
  const { db } = context.store;
  const taken = await db
    .deleteFrom("challenges")
    .where("id", "=", enrolment.challenge)
    .where("purpose", "=", PURPOSE)
    .where("user_id", "=", userId)
    .returningAll()
    .executeTakeFirst();
  if (taken === undefined || taken.expires_at <= context.now())
    throw new ApiError(400, "challenge-expired", "that challenge is over; ask for another one");
  requireProof(context, userId, enrolment, taken.challenge);
  const row: DeviceRow = {
    id: enrolment.wavryId,
    user_id: userId,
    kind: enrolment.kind,
    name: enrolment.name,
    static_key: enrolment.staticKey,
    certificate: enrolment.certificate,
    group_id: null,
    platform: enrolment.platform,
    capabilities: "[]",
    monitors: "[]",
    previews: 0,
    created_at: context.now(),
    last_seen_at: null,
  };
  return db.transaction().execute(async (tx) => {
    const { count } = await tx
      .selectFrom("devices")
      .select((e) => e.fn.countAll<number | string>().as("count"))
      .where("user_id", "=", userId)
      .where("id", "!=", row.id)
      .executeTakeFirstOrThrow();
    if (Number(count) >= MAX_DEVICES)
      throw new ApiError(409, "too-many-devices", "remove a device that you no longer use first");
    const { kind, static_key, certificate, platform } = row;
    const device = await tx
      .insertInto("devices")
      .values(row)
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet({ kind, static_key, certificate, platform })
          .where("devices.user_id", "=", userId),
      )
      .returningAll()
      .executeTakeFirst();
    if (device === undefined)
      throw new ApiError(
        409,
        "enrolled-elsewhere",
        "this device belongs to another account; remove it there first",
      );
    return device;
  });
}

function requireProof(
  context: Context,
  userId: string,
  enrolment: Enrolment,
  challenge: string,
): void {
  const { wavryId, staticKey, signature } = enrolment;
  const gateway = issuerOf(context.config);
  const proof = enrolmentProof({ gateway, userId, challenge, wavryId, staticKey });
  if (!keysBelong(enrolment) || !signedBy(wavryId, proof, signature))
    throw new ApiError(
      400,
      "wrong-proof",
      `the device's signature does not fit; it must be made for ${gateway}`,
    );
}
