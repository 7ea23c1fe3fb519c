import type { FastifyReply, FastifyRequest } from "fastify";
import type { Context } from "../context.ts";
import { newId } from "../keys.ts";
import { OwnCookie } from "../sessions/session-cookie.ts";

const PLACE = "known device";
const MAX_AGE_MS = 365 * 24 * 3_600_000;

interface KnownDevice {
  readonly userId: string;
  readonly deviceId: string;
  readonly issuedAt: number;
}

/**
 * Marks a browser in which this account was signed in, so that strangers' failures cannot lock its owner out there
 * (OWASP, "device cookies"). Sealed; it opens nothing by itself.
 */
export function markKnownDevice(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
): void {
  if (knownDevice(context, request, userId) !== undefined) return;
  const device: KnownDevice = { userId, deviceId: newId(), issuedAt: context.now() };
  cookieOf(context).set(reply, context.keys.seal(JSON.stringify(device), PLACE), MAX_AGE_MS / 1000);
}

/** The ID of a browser in which this account was signed in before; undefined for strangers' ones. */
export function knownDevice(
  context: Context,
  request: FastifyRequest,
  userId: string | undefined,
): string | undefined {
  const sealed = cookieOf(context).read(request);
  if (sealed === undefined || userId === undefined) return undefined;
  try {
    const device = JSON.parse(context.keys.unseal(sealed, PLACE)) as KnownDevice;
    const fresh = context.now() - device.issuedAt < MAX_AGE_MS;
    return fresh && device.userId === userId ? device.deviceId : undefined;
  } catch {
    return undefined;
  }
}

function cookieOf(context: Context): OwnCookie {
  return new OwnCookie(context.config, "wavry_device");
}
