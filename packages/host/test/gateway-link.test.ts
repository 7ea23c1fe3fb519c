import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deviceSigner, type SignalingSocket } from "@wavry/gateway-client";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import type { GrantClaims, IceServers, Right } from "@wavry/signaling";
import { SignJWT } from "jose";
import { GatewayLink, type GatewayLinkEvent } from "../src/gateway-link.ts";
import type { Guest } from "../src/guests.ts";
import type { WebRequest } from "../src/web/web-options.ts";

const NOW = 1_800_000_000_000;
const ISSUER = "https://wavry.example";
const hostId = createIdentity(suite).wavryId;
const client = createIdentity(suite);
const gatewayKey = generateKeyPairSync("ed25519");

/** A link of a host whose gateway says what the test wants. */
class LinkSetup implements Disposable {
  readonly expected: Guest[] = [];
  readonly ended: string[] = [];
  readonly rights: (readonly Right[])[] = [];
  /** What the host tells the gateway. */
  readonly told: string[] = [];
  readonly events: GatewayLinkEvent[] = [];
  readonly link: GatewayLink;
  readonly #listeners = new Map<string, (event: never) => void>();

  readonly remembered: string[] = [];
  /** What browsers said that reached the host. */
  readonly requests: WebRequest[] = [];
  readonly origins: string[] = [];
  readonly capabilities: string[][] = [];

  constructor(pinned?: Uint8Array, unattended = true, iceServers?: () => Promise<IceServers>) {
    const tell = (what: string) => void this.told.push(what);
    const socket = {
      on: (name: string, listener: (event: never) => void) => {
        this.#listeners.set(name, listener);
        return { [Symbol.dispose]: () => {} };
      },
      closed: new Promise(() => {}),
      setPresence: ({ capabilities }: { capabilities: string[] }) => {
        this.capabilities.push(capabilities);
        if (this.capabilities.length === 1) tell("presence");
      },
      sendWeb: (session: string, kind: string, body: string) =>
        tell(`web ${session[0]} ${kind} ${body}`),
      decide: (_: string, decision: string) => tell(decision),
      sessionStarted: () => tell("started"),
      sessionEnded: (_: string, reason: string) => tell(`ended ${reason}`),
      [Symbol.dispose]: () => {},
    } as unknown as SignalingSocket;
    this.link = new GatewayLink({
      ...{ socket, suite, hostId },
      door: {
        expectGuest: (guest) => this.expected.push(guest),
        setGuestRights: (_, rights) => this.rights.push(rights),
        endGuest: (id) => this.ended.push(id),
        openWeb: async ({ allowOrigins }) => {
          this.origins.push(...allowOrigins);
          return { port: 4201, webrtc: true };
        },
        handleWeb: (request) => this.requests.push(request),
      },
      iceServers,
      gateway: { issuer: ISSUER, key: gatewayKey.publicKey.export({ format: "jwk" }).x! },
      pinnedKey: () => pinned,
      remember: ({ wavryId }) => this.remembered.push(wavryId),
      unattended,
      presence: { capabilities: [], monitors: [], candidates: [] },
      onEvent: (event) => this.events.push(event),
      now: () => NOW,
    });
  }

  emit(name: string, event: object): void {
    this.#listeners.get(name)?.(event as never);
  }

  /** A client is announced by this grant; resolves with the code of its refusal, undefined if it is expected. */
  async announce(
    claims: Partial<GrantClaims> = {},
    more: { key?: KeyObject; client?: typeof client; session?: string; meanwhile?(): void } = {},
  ): Promise<string | undefined> {
    const known = this.events.length;
    const from = more.client ?? client;
    const { wavryId: id, staticKey, certificate } = deviceSigner(from, suite);
    const jti = claims.jti ?? "s".repeat(22);
    this.emit("incoming", {
      type: "incoming",
      session: more.session ?? jti,
      client: { id, staticKey, certificate, name: "Ada" },
      candidates: [],
      grant: await signed({ jti, ...claims }, more.key),
      rights: ["view", "control", "files"],
      ask: false,
    });
    more.meanwhile?.();
    for (let round = 0; round < 1000 && this.events.length === known; round++) await sleep(1);
    const event = this.events.at(-1);
    return event?.type === "guest-refused" ? event.code : undefined;
  }

  [Symbol.dispose](): void {
    this.link[Symbol.dispose]();
  }
}

function signed(
  claims: Partial<GrantClaims>,
  key: KeyObject = gatewayKey.privateKey,
): Promise<string> {
  const iat = NOW / 1000;
  const whole: Omit<GrantClaims, "jti"> = {
    ...{ iss: ISSUER, sub: client.wavryId, aud: hostId },
    ...{ iat, exp: iat + 120, until: iat + 3600, rights: ["view"], ask: false, name: "Ada" },
  };
  return new SignJWT({ ...whole, ...claims })
    .setProtectedHeader({ alg: "EdDSA", typ: "wavry-grant+jwt" })
    .sign(key);
}

test("a good grant lets its client in, with the rights that were signed and no others", async () => {
  using setup = new LinkSetup();
  assert.equal(await setup.announce(), undefined);
  const [guest] = setup.expected;
  assert.deepEqual([...guest!.rights], ["view"]);
  assert.equal(guest!.wavryId, client.wavryId);
  assert.deepEqual(guest!.staticKey, client.staticKey);
  assert.deepEqual(setup.told, ["presence", "accepted"]);
});

test("a gateway that lies can refuse, and nothing else", async () => {
  const stranger = createIdentity(suite);
  const iat = NOW / 1000;
  const lies: [string, () => Promise<string | undefined>][] = [
    ["wrong-signature", () => lie({}, { key: generateKeyPairSync("ed25519").privateKey })],
    ["wrong-host", () => lie({ aud: stranger.wavryId })],
    ["wrong-client", () => lie({}, { client: stranger })],
    ["wrong-gateway", () => lie({ iss: "https://other.example" })],
    ["expired", () => lie({ iat: iat - 3600, exp: iat - 3500 })],
    ["expired", () => lie({ exp: iat + 86_400 })],
    ["malformed", () => lie({}, { session: "t".repeat(22) })],
  ];
  async function lie(...announced: Parameters<LinkSetup["announce"]>) {
    using setup = new LinkSetup();
    const code = await setup.announce(...announced);
    assert.deepEqual(setup.expected, []);
    assert.deepEqual(setup.told, ["presence", `ended ${code}`]);
    return code;
  }
  for (const [code, tell] of lies) assert.equal(await tell(), code);
});

test("a grant opens one session once", async () => {
  using setup = new LinkSetup();
  assert.equal(await setup.announce(), undefined);
  assert.equal(await setup.announce(), "used");
});

test("a key that pairing pinned outranks the gateway's", async () => {
  using setup = new LinkSetup(new Uint8Array(32).fill(9));
  assert.equal(await setup.announce(), "key-changed");
  assert.deepEqual(setup.expected, []);
});

test("the gateway takes rights away and never adds any", async () => {
  using setup = new LinkSetup();
  await setup.announce({ rights: ["view", "control"] });
  const session = "s".repeat(22);
  setup.emit("rightsChanged", { session, rights: ["view", "files"] });
  assert.deepEqual(setup.rights, [["view"]]);
});

test("a session is told as begun once, and as over when the guest has left for good", async () => {
  using setup = new LinkSetup();
  await setup.announce();
  const sessionId = "s".repeat(22);
  const event = { wavryId: client.wavryId, sessionId, name: "laptop" };
  setup.link.onHostEvent({ type: "connected", ...event, remote: "" });
  assert.deepEqual(setup.link.runningSessions(), [sessionId]);
  setup.link.onHostEvent({ type: "disconnected", ...event, final: false, reason: "timeout" });
  setup.link.onHostEvent({ type: "connected", ...event, remote: "" });
  setup.link.onHostEvent({ type: "disconnected", ...event, final: true, reason: "done" });
  assert.deepEqual(setup.told, ["presence", "accepted", "started", "ended guest-left"]);
  assert.deepEqual(setup.ended, [sessionId]);
  assert.deepEqual(setup.link.runningSessions(), []);
});

test("the gateway's order to end a session is obeyed at once", async () => {
  using setup = new LinkSetup();
  await setup.announce();
  const session = "s".repeat(22);
  setup.emit("endSession", { session, reason: "grant-ended" });
  assert.deepEqual(setup.ended, [session]);
  assert.deepEqual(setup.told, ["presence", "accepted", "ended grant-ended"]);
});

test("a device that was never here is asked about whatever the gateway signs, unless the host is unattended", async () => {
  using attended = new LinkSetup(undefined, false);
  await attended.announce();
  assert.equal(attended.expected[0]?.ask, true);
  assert.deepEqual(attended.told, ["presence", "asking"]);
  using unattended = new LinkSetup();
  await unattended.announce();
  assert.equal(unattended.expected[0]?.ask, false);
});

test("who was let in once is known by its key from then on, and asked about only where its grant says so", async () => {
  using setup = new LinkSetup(client.staticKey, false);
  await setup.announce();
  assert.equal(setup.expected[0]?.ask, false);
  await setup.announce({ ask: true, jti: "t".repeat(22) });
  assert.equal(setup.expected[1]?.ask, true);
  const event = { wavryId: client.wavryId, sessionId: "s".repeat(22), name: "laptop" };
  setup.link.onHostEvent({ type: "connected", ...event, remote: "" });
  assert.deepEqual(setup.remembered, [client.wavryId]);
});

test("browsers may come from the gateway's pages, and the gateway is told that they may", async () => {
  using setup = new LinkSetup();
  await sleep(0);
  assert.deepEqual(setup.origins, [ISSUER]);
  assert.deepEqual(setup.capabilities, [[], ["webtransport", "webrtc"]]);
});

test("what a browser says reaches the host once its grant is checked, and never without one", async () => {
  const iceServers = [{ urls: ["stun:stun.example"] }];
  using setup = new LinkSetup(undefined, true, async () => ({ iceServers, expiresAt: null }));
  const say = (session: string, kind: string, body: string) =>
    setup.emit("web", { type: "web", session: session.repeat(22), kind, body });
  say("s", "offer", "too early");
  await setup.announce(
    {},
    {
      meanwhile: () => {
        say("s", "offer", "while it is checked");
        say("s", "candidate", "at once");
        say("x", "offer", "of no grant");
      },
    },
  );
  say("s", "candidate", "later");
  for (let round = 0; round < 1000 && setup.requests.length < 3; round++) await sleep(1);
  assert.deepEqual(
    setup.requests.map(({ body, iceServers }) => [body, iceServers]),
    [
      ["while it is checked", iceServers],
      ["at once", undefined],
      ["later", undefined],
    ],
  );
  setup.link.onHostEvent({ type: "web", session: "s".repeat(22), kind: "answer", body: "b" });
  setup.link.onHostEvent({ type: "web", session: "x".repeat(22), kind: "answer", body: "b" });
  assert.deepEqual(
    setup.told.filter((what) => what.startsWith("web")),
    ["web s answer b"],
  );
  setup.emit("endSession", { type: "end-session", session: "s".repeat(22), reason: "expired" });
  say("s", "offer", "too late");
  await sleep(5);
  assert.equal(setup.requests.length, 3);
});

test("a browser that wants no WebRTC waits for nobody's ICE servers", async () => {
  using setup = new LinkSetup(undefined, true, () => new Promise<never>(() => {}));
  await setup.announce();
  const say = (...wants: string[]) => {
    const body = JSON.stringify({ payload: JSON.stringify({ v: 1, wants }), signature: "s" });
    setup.emit("web", { type: "web", session: "s".repeat(22), kind: "offer", body });
  };
  say("webtransport");
  say("webtransport", "webrtc");
  for (let round = 0; round < 5000 && setup.requests.length < 2; round++) await sleep(1);
  assert.deepEqual(
    setup.requests.map(({ iceServers }) => iceServers),
    [undefined, []],
  );
});

test("a gateway that names no ICE servers does not keep a browser waiting for ever", async () => {
  for (const ask of [() => Promise.reject(new Error("away")), () => new Promise<never>(() => {})]) {
    using setup = new LinkSetup(undefined, true, ask);
    await setup.announce();
    setup.emit("web", { type: "web", session: "s".repeat(22), kind: "offer", body: "b" });
    for (let round = 0; round < 5000 && setup.requests.length === 0; round++) await sleep(1);
    assert.deepEqual(setup.requests[0]!.iceServers, []);
  }
});
