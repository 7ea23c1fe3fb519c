import assert from "node:assert/strict";
import { deviceSigner, GatewayClient, SignalingSocket } from "@wavry/gateway-client";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import type { SignedIn } from "@wavry/signaling";
import type { BrowserContext } from "playwright-core";

/** Of everybody. */
export const PASSWORD = "gravel-lantern-42-otter";

/** Somebody with an account, and a program that is signed in with it. */
export interface Person {
  readonly username: string;
  readonly client: GatewayClient;
  /** Signs a browser in as them. */
  signIn(context: BrowserContext): Promise<void>;
}

/** A machine of a person's that a program keeps online without showing anything. */
export interface QuietHost extends Disposable {
  /** Wavry ID. */
  readonly id: string;
  readonly socket: SignalingSocket;
}

/** Makes an account at a gateway that is open to all. */
export async function makePerson(origin: string, username: string): Promise<Person> {
  const email = `${username}@example.org`;
  const send = async <T>(path: string, body: object): Promise<T> => {
    const response = await fetch(origin + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.ok(response.ok, `${path}: ${await response.clone().text()}`);
    return (await response.json()) as T;
  };
  const displayName = `${username.charAt(0).toUpperCase()}${username.slice(1)} Example`;
  await send("/api/v1/registration", { email, username, displayName, password: PASSWORD });
  const wish = { email, password: PASSWORD, kind: "program" };
  const { token } = await send<SignedIn>("/api/v1/sessions", wish);
  return {
    username,
    client: new GatewayClient({ url: origin, token: token! }),
    async signIn(context) {
      const response = await context.request.post(`${origin}/api/v1/sessions`, {
        headers: { origin },
        data: { email, password: PASSWORD },
      });
      assert.ok(response.ok(), await response.text());
    },
  };
}

/** Enrols a machine of a person's and brings it online, with two monitors. */
export async function startQuietHost(
  { client }: Pick<Person, "client">,
  name: string,
): Promise<QuietHost> {
  const device = deviceSigner(createIdentity(nodeSuite), nodeSuite);
  await client.enrol({ device, kind: "host", name, platform: "linux" });
  const socket = new SignalingSocket({
    ...{ url: client.url, issuer: client.issuer, device, role: "host" as const },
    credentials: { kind: "token", token: client.token! },
  });
  const connected = Promise.withResolvers<void>();
  socket.on("connected", () => connected.resolve());
  socket.setPresence({
    ...{ capabilities: ["h264", "web"], candidates: [] },
    monitors: [
      { name: "DP-1", width: 2560, height: 1440, refreshHz: 60 },
      { name: "HDMI-1", width: 1920, height: 1080, refreshHz: 60 },
    ],
  });
  await connected.promise;
  return { id: device.wavryId, socket, [Symbol.dispose]: () => socket[Symbol.dispose]() };
}
