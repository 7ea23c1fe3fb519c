/**
 * Fills a table of sessions and prints the bytes that one took, objects and buffers. Run with --expose-gc.
 * Argument: how many.
 */
import {
  type RelaySide,
  RelayTable,
  readChallenge,
  signLease,
  writeAdmission,
  writeHello,
} from "@wavry/relay";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";

const MICROS_BETWEEN = 1_000;
const UNIX = 1_800_000_000;

const count = Number(process.argv[2]);
const gateway = createIdentity(suite);
const relay = createIdentity(suite);

const used = (): number => {
  for (let i = 0; i < 4; i++) globalThis.gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

function fill(table: RelayTable, answers: { last: Uint8Array }, first: number, to: number): void {
  for (let i = first; i < to; i++) {
    const devices = [createIdentity(suite), createIdentity(suite)] as const;
    const lease = signLease(
      {
        ...{ rateKbps: 20_000, issuedAt: UNIX, expiresAt: UNIX + 300 },
        leaseId: suite.randomBytes(16),
        sessionId: suite.randomBytes(16),
        relayKey: relay.identityKey,
        clientKey: devices[0].identityKey,
        hostKey: devices[1].identityKey,
      },
      (text) => suite.ed25519Sign(gateway.identitySeed, text),
    );
    for (const [side, device] of devices.entries())
      enter(table, answers, { lease, side: side as RelaySide, device, number: i });
  }
}

function enter(
  table: RelayTable,
  answers: { last: Uint8Array },
  peer: { lease: Uint8Array; side: RelaySide; device: Identity; number: number },
): void {
  const { lease, side, device, number } = peer;
  const now = number * MICROS_BETWEEN;
  const from = {
    address: `${10 + side}.0.${number >> 8}.${number & 255}`,
    port: 40_000 + (number % 9_999),
  };
  table.receive(writeHello(suite.randomBytes(8)), from, now);
  const { nonce, cookie } = readChallenge(answers.last);
  const { bytes } = writeAdmission(suite, {
    ...{ nonce, cookie, side, number: 1, lease, relayStatic: relay.staticKey },
    ephemeralPrivate: suite.randomBytes(32),
    sign: (text: Uint8Array) => suite.ed25519Sign(device.identitySeed, text),
  });
  table.receive(bytes, from, now);
}

const answers = { last: new Uint8Array(0) };
const makeTable = (sessions: number): RelayTable =>
  new RelayTable({
    ...{ suite, gatewayKey: gateway.identityKey, identity: relay, now: 0, unixSeconds: UNIX },
    bounds: { sessions, remembered: Math.ceil(sessions * 0.4), usedLeases: sessions * 7 },
    send: (bytes, length) => {
      answers.last = bytes.slice(0, length);
    },
  });

// Code that is compiled and shapes that are made on the way are no session's.
fill(makeTable(64), answers, 0, 64);
const before = used();
const table = makeTable(count);
fill(table, answers, 0, count);
if (table.load.joined !== count) throw new Error(`only ${table.load.joined} of ${count} joined`);
const bytes = (used() - before) / count;
console.log(`${bytes} ${table.load.joined}`);
