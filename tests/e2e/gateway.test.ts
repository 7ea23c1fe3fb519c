import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "@wavry/client";
import { GatewaySession } from "@wavry/client/gateway";
import type { Gateway } from "@wavry/gateway";
import { deviceSigner, SignalingSocket } from "@wavry/gateway-client";
import type { Host, HostEvent } from "@wavry/host";
import { GatewayLink, type GatewayLinkEvent } from "@wavry/host/gateway";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { Done, type Right } from "@wavry/signaling";
import { FakeInput, Painter, pressedKeycodes, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import { banUser } from "../../apps/gateway/src/accounts/account-state.ts";
import { issuerOf } from "../../apps/gateway/src/grants/issuer.ts";
import { clientOf, makePerson, type Person } from "../../apps/gateway/test/helpers/devices.ts";
import { startTestGateway } from "../../apps/gateway/test/helpers/test-gateway.ts";
import { connectClient, type Device, makeDevice, startHost, until } from "./pair.ts";

const KEY_A = 38;

/** A host on a real display, owned by "owner" in a gateway, and a display for clients. */
async function setUp() {
  await using stack = new AsyncDisposableStack();
  const gateway = stack.use(await startTestGateway());
  const owner = await makePerson(gateway, "owner");
  const display = stack.use(await startTestDisplay());
  const clientDisplay = stack.use(await startTestDisplay());
  const device = stack.use(makeDevice());
  const onHost = stack.use(XConnection.open(display.display));
  const painter = stack.use(new Painter(onHost, onHost.root, { overWindows: true }));
  painter.fill(onHost.root, { x: 0, y: 0, width: 1280, height: 720 }, 0x204060);
  onHost.flush();
  const events: (HostEvent | GatewayLinkEvent)[] = [];
  let link: GatewayLink | undefined;
  const host = stack.use(
    await startHost(device, display.display, {
      onEvent: (event) => {
        events.push(event);
        link?.onHostEvent(event);
      },
    }),
  );
  link = stack.use(await join(gateway, owner, device, host, events));
  const owned = stack.move();
  return {
    ...{ gateway, owner, host, onHost, clientDisplay, events, hostId: device.identity.wavryId },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function join(
  gateway: Gateway,
  owner: Person,
  device: Device,
  host: Host,
  events: (HostEvent | GatewayLinkEvent)[],
): Promise<GatewayLink> {
  const signer = deviceSigner(device.identity, suite);
  const enrolled = await owner.client.enrol({
    ...{ device: signer, kind: "host", name: "den", platform: "test" },
  });
  let link: GatewayLink | undefined;
  const socket = new SignalingSocket({
    ...{ url: gateway.url, issuer: issuerOf(gateway.context.config), device: signer, role: "host" },
    credentials: { kind: "token", token: owner.token },
    runningSessions: () => link?.runningSessions() ?? [],
  });
  const { address, port } = host.address;
  link = new GatewayLink({
    ...{ door: host, socket, suite, hostId: signer.wavryId, gateway: enrolled.gateway },
    pinnedKey: () => undefined,
    remember: () => {},
    unattended: true,
    presence: {
      ...{ capabilities: [], monitors: [] },
      candidates: [{ kind: "local", address, port }],
    },
    onEvent: (event) => events.push(event),
  });
  await until("the host is in its gateway", () => socket.connected);
  return link;
}

/** A person's own device, in the gateway. */
async function come(gateway: Gateway, person: Person, device: Device): Promise<SignalingSocket> {
  const signer = deviceSigner(device.identity, suite);
  await person.client.enrol({ device: signer, kind: "client", name: "laptop", platform: "test" });
  return new SignalingSocket({
    ...{ url: gateway.url, issuer: issuerOf(gateway.context.config), device: signer },
    ...{ role: "client", credentials: { kind: "token", token: person.token } },
  });
}

/** The owner lets somebody in, who agrees. */
async function grant(
  { gateway, owner, hostId }: Awaited<ReturnType<typeof setUp>>,
  to: Person,
  rights: readonly Right[],
): Promise<void> {
  const offered = await fetch(`${gateway.url}/api/v1/hosts/${hostId}/grants`, {
    method: "POST",
    headers: { authorization: `Bearer ${owner.token}`, "content-type": "application/json" },
    body: JSON.stringify({ to: to.user.username, rights, askFirst: false }),
  });
  const { id } = (await offered.json()) as { id: string };
  const accepted = await fetch(`${gateway.url}/api/v1/grant-offers/${id}/acceptance`, {
    method: "POST",
    headers: { authorization: `Bearer ${to.token}` },
  });
  assert.equal(accepted.status, 200, await accepted.text());
}

const hasPicture = (client: Client & { events: readonly { type: string }[] }) =>
  until("the picture is there", () => client.events.some(({ type }) => type === "first-picture"));

test("the owner reaches a machine through the gateway, without pairing, and may do everything", async () => {
  await using set = await setUp();
  using laptop = makeDevice();
  using socket = await come(set.gateway, set.owner, laptop);
  using session = await GatewaySession.open({
    ...{ socket, suite, host: set.hostId, pinnedKey: () => undefined },
  });
  await using client = await connectClient(laptop, session.target, {
    display: set.clientDisplay.display,
    borderless: true,
  });
  await hasPicture(client);
  using onClient = XConnection.open(set.clientDisplay.display);
  const user = new FakeInput(onClient);
  user.moveTo(640, 50);
  user.key(KEY_A, true);
  onClient.flush();
  await until("the key arrives", () => pressedKeycodes(set.onHost).includes(KEY_A));
  user.key(KEY_A, false);
  onClient.flush();
  await until("the key is up", () => pressedKeycodes(set.onHost).length === 0);
});

test("who was let in to watch sees the screen, types nothing, and is out when the grant is taken back", async () => {
  await using set = await setUp();
  const { gateway, owner } = set;
  const bob = await makePerson(gateway, "bob");
  await grant(set, bob, ["view"]);
  using laptop = makeDevice();
  using socket = await come(gateway, bob, laptop);
  using session = await GatewaySession.open({
    ...{ socket, suite, host: set.hostId, pinnedKey: () => undefined },
  });
  assert.deepEqual(session.rights, ["view"]);
  await using client = await connectClient(laptop, session.target, {
    display: set.clientDisplay.display,
    borderless: true,
  });
  await hasPicture(client);
  using onClient = XConnection.open(set.clientDisplay.display);
  const user = new FakeInput(onClient);
  user.moveTo(640, 50);
  user.key(KEY_A, true);
  user.key(KEY_A, false);
  onClient.flush();
  await until("the client is told", () =>
    client.events.some((event) => event.type === "notice" && event.code === "not-allowed"),
  );
  assert.deepEqual(pressedKeycodes(set.onHost), []);

  const [mine] = await bob.client.hosts();
  await owner.client.call({
    ...{ method: "DELETE", path: `/api/v1/grants/${mine!.grantId}`, answer: Done },
  });
  assert.match((await client.closed).message, /taken back/);
  assert.equal(await session.ended, "grant-ended");
});

test("who is banned while watching is out at once, and does not come in again", async () => {
  await using set = await setUp();
  const { gateway } = set;
  const bob = await makePerson(gateway, "bob");
  await grant(set, bob, ["view", "control"]);
  using laptop = makeDevice();
  using socket = await come(gateway, bob, laptop);
  using session = await GatewaySession.open({
    ...{ socket, suite, host: set.hostId, pinnedKey: () => undefined },
  });
  await using client = await connectClient(laptop, session.target, { window: false });
  await hasPicture(client);
  await banUser(
    gateway.context,
    { actor: "test", address: "" },
    { userId: bob.user.id, until: null, reason: "" },
  );
  const end = await client.closed;
  assert.equal(end.reason, "host-closed");
  assert.equal((await socket.closed).cause, "refused");
  await assert.rejects(
    connectClient(laptop, session.target, { window: false, connectTimeoutMicros: 800_000 }),
  );
});

test("a guest of a share link comes in without an account once the person at the host agrees", async () => {
  await using set = await setUp();
  const { gateway, owner, hostId, host, events } = set;
  const made = await fetch(`${gateway.url}/api/v1/hosts/${hostId}/share-links`, {
    method: "POST",
    headers: { authorization: `Bearer ${owner.token}`, "content-type": "application/json" },
    body: JSON.stringify({
      ...{ rights: ["view"], askFirst: true, maxUses: 1, seconds: 3_600 },
    }),
  });
  const { token } = (await made.json()) as { token: string };
  using phone = makeDevice();
  const { issuer } = await clientOf(gateway).document();
  using socket = new SignalingSocket({
    ...{ url: gateway.url, issuer, device: deviceSigner(phone.identity, suite), role: "client" },
    credentials: { kind: "guest", share: token, name: "Eve" },
  });
  using session = await GatewaySession.open({ socket, suite, pinnedKey: () => undefined });
  assert.equal(session.ask, true);
  await using client = await connectClient(phone, session.target, { window: false });
  await until("the person is asked", () => events.some(({ type }) => type === "consent-asked"));
  const asked = events.find((event) => event.type === "consent-asked");
  assert.match(asked?.name ?? "", /Eve/);
  assert.ok(!client.events.some(({ type }) => type === "first-picture"));
  host.answerConsent(session.id, true);
  await hasPicture(client);
  assert.deepEqual(host.createPairingLink().link.slice(0, 8), "wavry://");
});

test("a gateway restart leaves running sessions alone", async () => {
  await using set = await setUp();
  using laptop = makeDevice();
  const socket = await come(set.gateway, set.owner, laptop);
  using session = await GatewaySession.open({
    ...{ socket, suite, host: set.hostId, pinnedKey: () => undefined },
  });
  await using client = await connectClient(laptop, session.target, { window: false });
  await hasPicture(client);
  await set.gateway[Symbol.asyncDispose]();
  socket[Symbol.dispose]();
  await until("a second of figures came", () => client.figures !== undefined);
  assert.equal(set.host.clientCount, 1);
});
