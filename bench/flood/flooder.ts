/**
 * Sends initiations at a rate from many addresses of 127.0.0.0/8, until its standard input ends; prints four times a
 * second how many. Arguments: port, rate a second, file of packets (256 bytes each, sent in turn), and "fresh" where
 * ephemeral key, proof and gate are to be made up anew each time.
 */
import { randomFillSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { INITIATION_BYTES, INITIATION_COOKIE_AT, INITIATION_PROOF_AT } from "@wavry/rift-core";
import { openSocket } from "@wavry/rift-udp";

const SOCKETS = 128;
const REPORT_MILLIS = 250;
const TURN_MILLIS = 1;
/** What a turn that came late may catch up on. */
const MAX_A_TURN = 400;
const EPHEMERAL_AT = 8;
const EPHEMERAL_BYTES = 32;
const CODES_BYTES = INITIATION_COOKIE_AT - INITIATION_PROOF_AT;
const NOISE_BYTES = EPHEMERAL_BYTES + CODES_BYTES;

const [port, rate] = process.argv.slice(2, 4).map(Number) as [number, number];
const packets = new Uint8Array(readFileSync(process.argv[4]!));
const fresh = process.argv[5] === "fresh";
const count = packets.length / INITIATION_BYTES;
const views = Array.from({ length: count }, (_, i) =>
  packets.subarray(i * INITIATION_BYTES, (i + 1) * INITIATION_BYTES),
);
const noise = new Uint8Array(65_536);
randomFillSync(noise);

/** Addresses of different /24s, so that no limit a prefix takes them together. */
const sockets = await Promise.all(
  Array.from({ length: SOCKETS }, (_, i) => openSocket({ address: `127.${i + 1}.${i}.77` })),
);
const never = new Int32Array(new SharedArrayBuffer(4));

let ended = false;
process.stdin.resume();
process.stdin.once("end", () => {
  ended = true;
});

let sent = 0;
let reportedAt = performance.now();
let nextTurn = performance.now();
while (!ended) {
  const now = performance.now();
  const due = Math.min(MAX_A_TURN, Math.round(((now - nextTurn + TURN_MILLIS) * rate) / 1000));
  for (let i = 0; i < due; i++, sent++) {
    const packet = views[sent % count]!;
    if (fresh) {
      const at = (sent * NOISE_BYTES) % (noise.length - NOISE_BYTES);
      packet.set(noise.subarray(at, at + EPHEMERAL_BYTES), EPHEMERAL_AT);
      packet.set(noise.subarray(at + EPHEMERAL_BYTES, at + NOISE_BYTES), INITIATION_PROOF_AT);
      packet[EPHEMERAL_AT] = sent;
      packet[EPHEMERAL_AT + 1] = sent >> 8;
    }
    const socket = sockets[sent % SOCKETS]!;
    socket.send(packet, packet.length, "127.0.0.1", port);
    socket.flush();
  }
  nextTurn = now + TURN_MILLIS;
  if (now - reportedAt >= REPORT_MILLIS) {
    console.log(`sent ${sent}`);
    reportedAt = now;
  }
  // Lets standard input be heard, then sleeps what is left of the turn.
  await new Promise(setImmediate);
  const left = nextTurn - performance.now();
  if (left > 0) Atomics.wait(never, 0, 0, left);
}
console.log(`sent ${sent}`);
await Promise.all(sockets.map((socket) => socket.close()));
