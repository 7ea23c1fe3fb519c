import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, type ClientEvent, PathInbox } from "@wavry/client";
import { GatewaySession } from "@wavry/client/gateway";
import { deviceSigner, SignalingSocket } from "@wavry/gateway-client";
import type { HostEvent } from "@wavry/host";
import { GatewayLink } from "@wavry/host/gateway";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import type { PathOptions } from "@wavry/rift-udp/paths";
import { Painter, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import { issuerOf } from "../../apps/gateway/src/grants/issuer.ts";
import { makePerson } from "../../apps/gateway/test/helpers/devices.ts";
import { FakeRelay } from "../../apps/gateway/test/helpers/fake-relay.ts";
import { startTestGateway } from "../../apps/gateway/test/helpers/test-gateway.ts";
import { TestRelay } from "../../packages/rift-udp/test/paths/scene.ts";
import { connectClient, makeDevice, startHost, until } from "./pair.ts";

/** A gateway with a relay, a host on a real display, and a client's way to it. */
async function setUp() {
  await using stack = new AsyncDisposableStack();
  // It says where the real one is.
  const herald = stack.use(await FakeRelay.open());
  const gateway = stack.use(
    await startTestGateway({ relays: { ids: [herald.id], rateKbps: 20_000 } }),
  );
  const key = Uint8Array.from(Buffer.from(gateway.context.keys.verifyingKey, "base64url"));
  const relay = stack.use(await TestRelay.open(herald.identity, key));
  await herald.join(gateway, { addresses: [...relay.place.addresses] });
  const owner = await makePerson(gateway, "owner");
  const display = stack.use(await startTestDisplay());
  const onHost = stack.use(XConnection.open(display.display));
  const painter = stack.use(new Painter(onHost, onHost.root, { overWindows: true }));
  painter.fill(onHost.root, { x: 0, y: 0, width: 1280, height: 720 }, 0x204060);
  onHost.flush();
  const device = stack.use(makeDevice());
  const signer = deviceSigner(device.identity, suite);
  const events: HostEvent[] = [];
  let link: GatewayLink | undefined;
  const host = stack.use(
    await startHost(device, display.display, {
      web: false,
      onEvent: (event) => {
        events.push(event);
        link?.onHostEvent(event);
      },
    }),
  );
  const told = { name: "den", platform: "test" } as const;
  const enrolled = await owner.client.enrol({ device: signer, kind: "host", ...told });
  const place = { url: gateway.url, issuer: issuerOf(gateway.context.config) };
  const credentials = { kind: "token", token: owner.token } as const;
  const socket = new SignalingSocket({ ...place, device: signer, role: "host", credentials });
  const { address, port } = host.address;
  link = stack.use(
    new GatewayLink({
      ...{ door: host, socket, suite, hostId: signer.wavryId, gateway: enrolled.gateway },
      ...{ pinnedKey: () => undefined, remember: () => {}, unattended: true },
      presence: {
        ...{ capabilities: [], monitors: [] },
        candidates: [{ kind: "local", address, port }],
      },
    }),
  );
  await until("the host is in its gateway", () => socket.connected);
  const connect = async (options: PathOptions) => {
    await using own = new AsyncDisposableStack();
    const laptop = own.use(makeDevice());
    const device = deviceSigner(laptop.identity, suite);
    await owner.client.enrol({ device, kind: "client", ...told });
    const socket = own.use(new SignalingSocket({ ...place, device, role: "client", credentials }));
    const session = own.use(
      await GatewaySession.open({
        ...{ socket, suite, host: signer.wavryId, pinnedKey: () => undefined },
      }),
    );
    const inbox = new PathInbox();
    session.paths.onNews = (news) => inbox.put(news);
    const heard: ClientEvent[] = [];
    const client: Client = own.use(
      await connectClient(laptop, session.target, {
        window: false,
        paths: { terms: session.paths.terms, inbox, ...options },
        onEvent: (event) => {
          heard.push(event);
          if (event.type === "path-signal") session.paths.say(event.signal);
        },
      }),
    );
    const owned = own.move();
    return { client, heard, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  };
  const owned = stack.move();
  return { connect, relay, events, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test("a client of a gateway reaches its host directly, and both tell by which path", async () => {
  await using set = await setUp();
  await using one = await set.connect({});
  await until("the picture is there", () => one.heard.some(({ type }) => type === "first-picture"));
  await until("the path is known", () => one.client.statistics().path?.way === "local");
  assert.ok(one.heard.some((event) => event.type === "path" && event.path?.way === "local"));
  await until("the host knows it", () =>
    set.events.some((event) => event.type === "path" && event.path?.way === "local"),
  );
  await until("figures say it", () => one.client.figures?.way === "local");
  assert.equal(one.client.pathReport()!.whyRelay, undefined);
});

test("a client that hides its addresses gets the picture over the relay", async () => {
  await using set = await setUp();
  await using one = await set.connect({ relay: "only" });
  await until("the picture is there", () => one.heard.some(({ type }) => type === "first-picture"));
  assert.equal(one.client.statistics().path?.way, "relay");
  assert.equal(set.relay.sessions, 1);
  const told = one.heard.filter(
    (event) => event.type === "path-signal" && event.signal.type === "candidates",
  );
  assert.deepEqual(told, []);
  assert.match(one.client.pathReport()!.whyRelay!, /hidden/);
});
