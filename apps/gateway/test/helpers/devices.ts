import type { Gateway } from "@wavry/gateway";
import {
  type DeviceSigner,
  deviceSigner,
  GatewayClient,
  type GatewayError,
  type SignalingOptions,
  SignalingSocket,
} from "@wavry/gateway-client";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import type { SocketRole } from "@wavry/signaling";
import { issuerOf } from "../../src/grants/issuer.ts";
import type { Hub } from "../../src/signaling/hub.ts";
import { hubOf } from "../../src/signaling/routes.ts";
import type { UserRow } from "../../src/store/schema.ts";
import { makeProgram } from "./people.ts";
import { until } from "./temporary-folder.ts";

/** An account that is signed in, with a client that speaks for it. */
export interface Person {
  readonly user: UserRow;
  readonly token: string;
  readonly sessionId: string;
  readonly client: GatewayClient;
}

/** A client of a gateway under test, which is not where it says that it is. */
export function clientOf(gateway: Gateway, token?: string): GatewayClient {
  return new GatewayClient({ url: gateway.url, issuer: issuerOf(gateway.context.config), token });
}

/** Makes an account that is signed in. */
export async function makePerson(gateway: Gateway, name: string): Promise<Person> {
  const program = await makeProgram(gateway, name);
  return { ...program, client: clientOf(gateway, program.token) };
}

/** A device with new keys. */
export function newDevice(): DeviceSigner {
  return deviceSigner(createIdentity(nodeSuite), nodeSuite);
}

/** A new device under a person's account. */
export async function enrolDevice(
  person: Person,
  kind: "host" | "client" = "client",
): Promise<DeviceSigner> {
  const device = newDevice();
  await person.client.enrol({
    device,
    kind,
    name: `${person.user.username}'s ${kind}`,
    platform: "test",
  });
  return device;
}

/** Connects an enrolled device; resolves once it is in. */
export async function openSocket(
  gateway: Gateway,
  person: Pick<Person, "token">,
  device: DeviceSigner,
  more: Partial<SignalingOptions> & { readonly role: SocketRole },
): Promise<SignalingSocket> {
  const socket = new SignalingSocket({
    url: gateway.url,
    issuer: issuerOf(gateway.context.config),
    device,
    credentials: { kind: "token", token: person.token },
    backOff: { firstMillis: 20, maxMillis: 100 },
    ...more,
  });
  let refused: string | undefined;
  void socket.closed.then(({ code, reason }) => {
    refused = `refused: ${code} ${reason}`;
  });
  await until("a device is in", () => socket.connected || refused !== undefined);
  if (refused !== undefined) throw new Error(refused);
  return socket;
}

/** Keeps what a socket tells, by name. */
export class Heard {
  readonly events: { readonly name: string; readonly event: unknown }[] = [];

  constructor(socket: SignalingSocket) {
    for (const name of [
      "connected",
      "disconnected",
      "incoming",
      "decision",
      "candidates",
      "web",
      "sessionEnded",
      "endSession",
      "rightsChanged",
      "relay",
      "relayRefused",
      "failed",
    ] as const)
      socket.on(name, (event) => this.events.push({ name, event }));
  }

  /** All of one name, as far as they came. */
  all<T>(name: string): T[] {
    return this.events.filter((one) => one.name === name).map(({ event }) => event as T);
  }

  /** Waits for the `count`th of a name. */
  async next<T>(name: string, count = 1): Promise<T> {
    await until(`${name} comes`, () => this.all(name).length >= count);
    return this.all<T>(name)[count - 1]!;
  }
}

/** The hub of a gateway under test. */
export function hub(gateway: Gateway): Hub {
  return hubOf(gateway.context)!;
}

/** The code of what a promise rejects with; undefined if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: GatewayError) => error.code ?? String(error),
  );
}
