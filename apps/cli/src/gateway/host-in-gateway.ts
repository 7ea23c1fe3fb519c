import { deviceSigner, SignalingSocket } from "@wavry/gateway-client";
import type { GatewayCredentials } from "@wavry/gateway-client/node";
import { GatewayLink, type GatewayLinkEvent, type GuestDoor } from "@wavry/host/gateway";
import type { HostEvent } from "@wavry/host/thread";
import type { HostAddress } from "@wavry/rift-crypto";
import { openDevice } from "../device.ts";
import { gatewayClient } from "./signed-in.ts";

/** The most addresses that are told. */
const MAX_CANDIDATES = 16;

/** How a host joins its gateway. */
export interface HostInGatewayOptions {
  /** This device's sign-in there. */
  readonly credentials: GatewayCredentials;
  readonly name: string | undefined;
  /** Nobody is asked about devices that were never here. */
  readonly unattended: boolean;
  readonly door: GuestDoor;
  readonly addresses: readonly HostAddress[];
  readonly signal: AbortSignal;
  readonly onEvent: (event: GatewayLinkEvent) => void;
  /** Takes a line for whoever watches. */
  readonly note: (text: string) => void;
}

/** A host that its gateway knows. */
export interface HostInGateway extends Disposable {
  readonly url: string;
  onHostEvent(event: HostEvent): void;
}

/** Enrols this machine as a host and holds the connection. Rejects with GatewayError or CommandError. */
export async function joinGateway(options: HostInGatewayOptions): Promise<HostInGateway> {
  const { credentials, door, addresses, signal, onEvent } = options;
  const client = gatewayClient(credentials);
  const { identity, suite, devices, name } = openDevice(options.name);
  const device = deviceSigner(identity, suite);
  await client.enrol({ device, kind: "host", name, platform: process.platform }, signal);
  const { url, issuer, key, token } = credentials;
  let link: GatewayLink | undefined;
  const socket = new SignalingSocket({
    ...{ url, issuer, device, role: "host", signal },
    credentials: { kind: "token", token },
    runningSessions: () => link?.runningSessions() ?? [],
  });
  link = new GatewayLink({
    ...{ door, socket, suite, hostId: identity.wavryId, onEvent },
    gateway: { issuer, key },
    pinnedKey: (wavryId) =>
      (devices.find(wavryId, "client") ?? devices.find(wavryId, "guest"))?.staticKey,
    remember: (guest) => {
      try {
        devices.add({ ...guest, role: "guest" });
      } catch (error) {
        options.note((error as Error).message);
      }
    },
    unattended: options.unattended,
    iceServers: () => client.iceServers(signal),
    webOrigins: [issuer, url].map((text) => new URL(text).origin),
    presence: {
      capabilities: ["h264", "patch", "consent"],
      monitors: [],
      candidates: addresses
        .slice(0, MAX_CANDIDATES)
        .map(({ address, port }) => ({ kind: "local", address, port })),
    },
  });
  const joined = link;
  return {
    url,
    onHostEvent: (event) => joined.onHostEvent(event),
    [Symbol.dispose]: () => joined[Symbol.dispose](),
  };
}
