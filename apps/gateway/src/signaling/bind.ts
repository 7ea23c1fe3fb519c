import { bindProof, CloseCode, type Hello } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { keysBelong, signedBy } from "../devices/device-keys.ts";
import { issuerOf } from "../grants/issuer.ts";
import { findShareLink } from "../grants/share-links.ts";
import { findByToken, slide } from "../sessions/session-service.ts";
import type { Connection } from "./connection.ts";
import type { PeerIdentity } from "./peer.ts";

/** Why a device may not come in. */
export interface Refusal {
  readonly code: number;
  readonly reason: string;
}

/** Finds out which device says hello, and for whom it may speak. */
export async function identify(
  context: Context,
  connection: Connection,
  hello: Hello,
): Promise<PeerIdentity | Refusal> {
  const proof = bindProof({
    gateway: issuerOf(context.config),
    nonce: connection.nonce,
    wavryId: hello.device,
    role: hello.role,
  });
  if (!signedBy(hello.device, proof, hello.signature))
    return { code: CloseCode.forbidden, reason: "wrong-proof" };
  return hello.guest === undefined
    ? identifyDevice(context, connection, hello)
    : identifyGuest(context, hello, hello.guest);
}

async function identifyDevice(
  context: Context,
  connection: Connection,
  hello: Hello,
): Promise<PeerIdentity | Refusal> {
  const caller =
    hello.token === undefined ? connection.caller : await findByToken(context, hello.token);
  if (caller === undefined) return { code: CloseCode.signedOut, reason: "sign-in-required" };
  slide(context, caller.session, connection.address);
  const device = await context.store.db
    .selectFrom("devices")
    .selectAll()
    .where("id", "=", hello.device)
    .where("user_id", "=", caller.user.id)
    .executeTakeFirst();
  if (device === undefined || (hello.role === "host" && device.kind !== "host"))
    return { code: CloseCode.forbidden, reason: "not-enrolled" };
  const { static_key: staticKey, certificate } = device;
  // A client is announced by its person's name, a host by its own.
  const name = hello.role === "host" ? device.name : caller.user.display_name;
  return {
    role: hello.role,
    ...{ protocol: hello.protocol, instance: hello.instance },
    device: { id: device.id, staticKey, certificate, name },
    userId: caller.user.id,
    signInId: caller.session.id,
    shareLinkId: null,
  };
}

async function identifyGuest(
  context: Context,
  hello: Hello,
  guest: NonNullable<Hello["guest"]>,
): Promise<PeerIdentity | Refusal> {
  const { staticKey, certificate, name } = guest;
  if (!keysBelong({ wavryId: hello.device, staticKey, certificate }))
    return { code: CloseCode.forbidden, reason: "wrong-proof" };
  const link = await findShareLink(context, { token: guest.share });
  if (link === undefined) return { code: CloseCode.removed, reason: "share-link-ended" };
  if (hello.role !== "client" || hello.token !== undefined)
    return { code: CloseCode.forbidden, reason: "guests-are-clients" };
  return {
    role: "client",
    ...{ protocol: hello.protocol, instance: hello.instance },
    device: { id: hello.device, staticKey, certificate, name: `guest: ${name}` },
    userId: null,
    signInId: null,
    shareLinkId: link.id,
  };
}
