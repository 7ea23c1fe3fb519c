/** Brings sessions into a Wavry relay, from the places from which they are to send. */
import { randomBytes } from "node:crypto";
import { type LegEvent, RelayLeg, signLease } from "@wavry/relay";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { bind, close, type Places, type Ports } from "./places.ts";

const NEVER_A_BOUND_KBPS = 1_000_000;
const LEASE_SECONDS = 300;
const PATIENCE_MILLIS = 3_000;
const TICK_MILLIS = 20;

/** A relay and the gateway that it serves. */
export interface RelayUnderTest {
  readonly port: number;
  readonly identityKey: Uint8Array;
  readonly staticKey: Uint8Array;
  readonly gateway: Identity;
}

/** The channels of a session. */
export interface Channels {
  readonly client: number;
  readonly host: number;
}

const now = (): number => Math.floor(performance.now() * 1_000);

/** Admits both sides of a session; rejects with the relay's verdict where it refuses. */
export async function admit(
  relay: RelayUnderTest,
  { client: clientAt, host: hostAt }: Places,
  ports: Ports,
): Promise<Channels> {
  const client = createIdentity(suite);
  const host = createIdentity(suite);
  const issuedAt = Math.floor(Date.now() / 1_000);
  const lease = signLease(
    {
      ...{ rateKbps: NEVER_A_BOUND_KBPS, issuedAt, expiresAt: issuedAt + LEASE_SECONDS },
      leaseId: randomBytes(16),
      sessionId: randomBytes(16),
      relayKey: relay.identityKey,
      clientKey: client.identityKey,
      hostKey: host.identityKey,
    },
    (text) => suite.ed25519Sign(relay.gateway.identitySeed, text),
  );
  return {
    client: await admitSide(relay, lease, {
      device: client,
      address: clientAt,
      port: ports.client,
    }),
    host: await admitSide(relay, lease, { device: host, address: hostAt, port: ports.host }),
  };
}

async function admitSide(
  relay: RelayUnderTest,
  lease: Uint8Array,
  { device, address, port }: { device: Identity; address: string; port: number },
): Promise<number> {
  const socket = await bind(address, port);
  using leg = new RelayLeg({
    suite,
    identity: {
      identityKey: device.identityKey,
      sign: (text) => suite.ed25519Sign(device.identitySeed, text),
    },
    relay: { address: "127.0.0.1", port: relay.port, staticKey: relay.staticKey },
    lease,
    now: now(),
  });
  const drain = (): void => {
    leg.handleTimeout(now());
    for (let one = leg.pollTransmit(now()); one !== undefined; one = leg.pollTransmit(now()))
      socket.send(one.bytes.slice(0, one.length), relay.port, "127.0.0.1");
  };
  const timer = setInterval(drain, TICK_MILLIS);
  try {
    const until = performance.now() + PATIENCE_MILLIS;
    const answered = Promise.withResolvers<void>();
    socket.on("message", (bytes: Uint8Array) => {
      leg.receive(bytes, now());
      drain();
      if (leg.state !== "admitting") answered.resolve();
    });
    drain();
    const patience = setTimeout(() => answered.resolve(), until - performance.now());
    await answered.promise;
    clearTimeout(patience);
    if (leg.state !== "ready") throw new Error(`not admitted: ${reasonOf(leg)}`);
    const head = new Uint8Array(64);
    leg.wrap(new Uint8Array(1), head, now());
    return new DataView(head.buffer).getUint32(0) & 0x0fff_ffff;
  } finally {
    clearInterval(timer);
    await close(socket);
  }
}

function reasonOf(leg: RelayLeg): string {
  for (let event: LegEvent | undefined = leg.pollEvent(); event; event = leg.pollEvent())
    if (event.type === "ended") return JSON.stringify(event);
  return "no answer";
}
