/** The relay's part of spec/vectors, for make-vectors.ts: keys, IDs and times are fixed. */
import {
  type Lease,
  RelaySide,
  signLease,
  turnIntoPong,
  writeAdmission,
  writeAnswer,
  writeChallenge,
  writeDataHead,
  writeHello,
  writeNotice,
  writePing,
  writeRelayClose,
} from "@wavry/relay";
import { type Identity, identityFromSecrets } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";

const NONCE = repeated(0x21, 8);
const COOKIE = repeated(0x22, 16);
const EPHEMERAL = repeated(0x23);
const CHANNEL = 0x0abcdef;
const ISSUED_AT = 1_800_000_000;

/** What a file of vectors holds. */
type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

/** `relay.json`. */
export function relayVectors(): { readonly [name: string]: Json } {
  const gateway = device(0x11, 0x12);
  const relay = device(0x13, 0x14);
  const client = device(0x15, 0x16);
  const host = device(0x17, 0x18);
  const lease: Lease = {
    rateKbps: 20_000,
    issuedAt: ISSUED_AT,
    expiresAt: ISSUED_AT + 300,
    leaseId: repeated(0x31, 16),
    sessionId: repeated(0x32, 16),
    relayKey: relay.identityKey,
    clientKey: client.identityKey,
    hostKey: host.identityKey,
  };
  const signed = signLease(lease, (text) => nodeSuite.ed25519Sign(gateway.identitySeed, text));
  const admissions = [client, host].map((peer, side) => {
    const number = side + 1;
    const { bytes, codeKey } = writeAdmission(nodeSuite, {
      ...{ nonce: NONCE, cookie: COOKIE, ephemeralPrivate: EPHEMERAL, number, lease: signed },
      relayStatic: relay.staticKey,
      side: side as RelaySide,
      sign: (text) => nodeSuite.ed25519Sign(peer.identitySeed, text),
    });
    const name = side === RelaySide.client ? "client" : "host";
    return { side: name, number, bytes: hex(bytes), codeKey: hex(codeKey), key: codeKey };
  });
  const codeKey = admissions[0]!.key;
  const answer = { nonce: NONCE, isPeerHere: true, secondsLeft: 299, rateKbps: 20_000 };
  const answers = [
    { ...answer, verdict: 0, channel: CHANNEL },
    ...[1, 2, 3, 4, 5, 6].map((verdict) => {
      const nothing = { channel: 0, secondsLeft: 0, rateKbps: 0, isPeerHere: false };
      return { ...answer, ...nothing, verdict };
    }),
  ].map((one) => ({
    ...one,
    nonce: hex(one.nonce),
    bytes: hex(writeAnswer(nodeSuite, codeKey, one)),
  }));
  const data = new Uint8Array(6);
  writeDataHead(data, 0, CHANNEL);
  data.set([5, 1], 4);
  const ping = writePing(CHANNEL, NONCE);
  const pong = ping.slice();
  turnIntoPong(pong, true, 240);
  const notices = [
    { news: 1, seconds: 0, channel: CHANNEL },
    { news: 2, seconds: 10, channel: CHANNEL },
    ...[16, 17, 18, 19].map((news) => ({ news, seconds: 0, channel: CHANNEL })),
  ];
  const bad = (bytes: Uint8Array, at: number, value: number): string => {
    const copy = bytes.slice();
    copy[at] = value;
    return hex(copy);
  };
  const hello = writeHello(NONCE);
  return {
    gateway: { seed: hex(gateway.identitySeed), key: hex(gateway.identityKey) },
    relay: {
      identityKey: hex(relay.identityKey),
      staticPrivate: hex(relay.staticPrivate),
      staticKey: hex(relay.staticKey),
    },
    client: { seed: hex(client.identitySeed), key: hex(client.identityKey) },
    host: { seed: hex(host.identitySeed), key: hex(host.identityKey) },
    lease: {
      rateKbps: lease.rateKbps,
      issuedAt: lease.issuedAt,
      expiresAt: lease.expiresAt,
      leaseId: hex(lease.leaseId),
      sessionId: hex(lease.sessionId),
      bytes: hex(signed),
    },
    leasesRefused: [
      { why: "another version", bytes: bad(signed, 0, 2) },
      { why: "it lasts for more than 300 s", bytes: bad(signed, 14, 0xff) },
      { why: "it ends before it begins", bytes: bad(signed, 12, 0) },
      { why: "it is cut short", bytes: hex(signed.subarray(0, 207)) },
    ],
    hello: { nonce: hex(NONCE), bytes: hex(hello) },
    challenge: {
      ...{ nonce: hex(NONCE), cookie: hex(COOKIE) },
      bytes: hex(writeChallenge({ nonce: NONCE, cookie: COOKIE })),
    },
    ephemeralPrivate: hex(EPHEMERAL),
    admissions: admissions.map(({ key: _key, ...one }) => one),
    answers,
    data: { channel: CHANNEL, rift: "0501", bytes: hex(data) },
    ping: { channel: CHANNEL, token: hex(NONCE), bytes: hex(ping) },
    pong: {
      ...{ channel: CHANNEL, token: hex(NONCE), isPeerHere: true, secondsLeft: 240 },
      bytes: hex(pong),
    },
    notices: notices.map((notice) => ({
      ...notice,
      bytes: hex(writeNotice(nodeSuite, codeKey, notice)),
    })),
    close: { channel: CHANNEL, bytes: hex(writeRelayClose(nodeSuite, codeKey, CHANNEL)) },
    refused: [
      { why: "a hello with padding", kind: "hello", bytes: bad(hello, 31, 1) },
      { why: "a hello of another version", kind: "hello", bytes: bad(hello, 1, 2) },
      { why: "a short hello", kind: "hello", bytes: hex(hello.subarray(0, 31)) },
      { why: "no channel", kind: "ping", bytes: hex(writePing(0, NONCE)) },
      { why: "a channel of 29 bits", kind: "ping", bytes: bad(ping, 4, 0x10) },
    ],
  };
}

function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}

function repeated(byte: number, length = 32): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

function device(seed: number, staticPrivate: number): Identity {
  return identityFromSecrets(nodeSuite, {
    identitySeed: repeated(seed),
    staticPrivate: repeated(staticPrivate),
  });
}
