import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import {
  CloseReason,
  closeReasonName,
  DEADLINE_MICROS,
  DELTA_PROFILES,
  MAX_DATAGRAM_BYTES,
  MAX_FRAGMENT_BYTES,
  MAX_FRAGMENTS,
  MAX_PAYLOAD_BYTES,
  MAX_REPORTED_PACKETS,
  PACKET_HEADER_BYTES,
  PACKET_TAG_BYTES,
  REASSEMBLER_LIMITS,
} from "@wavry/rift-core";
import { MAX_CONTROL_BYTES } from "@wavry/rift-core/control";
import { REPLAY_WINDOW_PACKETS } from "@wavry/rift-crypto";
import { BOUNDS, TIMES } from "@wavry/rift-session";
import { newCounters } from "../../packages/rift-session/src/counters.ts";
import { HANDSHAKE_LIMITS } from "../../packages/rift-session/src/handshake-limits.ts";

const ROOT = resolve(import.meta.dirname, "../..");

function read(path: string): string {
  return readFileSync(resolve(ROOT, path), "utf8");
}

/** The rows of the tables of a document, or of one section of it, as cells. */
function rows(path: string, heading?: string): string[][] {
  let text = read(path);
  if (heading !== undefined) {
    const start = text.indexOf(`${heading}\n`);
    assert.ok(start >= 0, `${path} has no "${heading}"`);
    const end = text.slice(start + heading.length).search(/\n##+ /);
    text = end < 0 ? text.slice(start) : text.slice(start, start + heading.length + end);
  }
  return text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  ms: 1_000,
  s: 1_000_000,
  Mbps: 1e6,
  Gbps: 1e9,
  KiB: 1_024,
  bytes: 1,
  bits: 1,
};

/** "1.5 ms" as microseconds, and so on. */
function numberOf(text: string): number {
  const [number = "", unit = ""] = text.split(" ");
  const scale = UNITS[unit];
  assert.ok(scale !== undefined, `"${text}" has an unknown unit`);
  return Number((Number(number) * scale).toFixed(6));
}

/** A constant that stands alone in a source file. */
function constantIn(source: string, name: string): number | undefined {
  const match = new RegExp(`const ${name}(?:: \\w+)? = ([\\d_.]+)(?: << (\\d+))?;`).exec(source);
  if (match === null) return undefined;
  return Number(match[1]!.replaceAll("_", "")) * 2 ** Number(match[2] ?? 0);
}

const DELTA = ["delta-controller", "capacity-estimator", "frame-ladder"]
  .map((name) => read(`packages/rift-core/src/congestion/delta/${name}.ts`))
  .join("\n");

test("the constants of spec/delta.md are those of the code, and none is left out", () => {
  const named = new Set<string>();
  for (const [cell = "", value = ""] of rows("spec/delta.md")) {
    const name = /^`([A-Z_]+)`$/.exec(cell)?.[1];
    if (name === undefined) continue;
    named.add(name);
    assert.equal(numberOf(value), constantIn(DELTA, name), name);
  }
  for (const [, name = ""] of DELTA.matchAll(/^const ([A-Z_]+)(?:: \w+)? = [\d_.]/gm))
    assert.ok(named.has(name), `spec/delta.md does not name ${name}`);
});

test("the profiles of spec/delta.md are DELTA_PROFILES", () => {
  const table = rows("spec/delta.md", "## 7. Profiles and constants");
  for (const { upToMicros, profile } of DELTA_PROFILES) {
    const row = table.find(([name]) => name === profile.name);
    assert.ok(row !== undefined, profile.name);
    const [, upTo = "", budget, idle, drain, share, caution, minShare, rise, hold] = row;
    assert.equal(upTo === "beyond" ? Infinity : numberOf(upTo.replace("up to ", "")), upToMicros);
    const micros = [budget, idle, drain, rise, hold].map((cell) => numberOf(cell ?? ""));
    const { budgetMicros, idleMicros, drainMicros, riseMicros, holdMicros } = profile;
    assert.deepEqual(micros, [budgetMicros, idleMicros, drainMicros, riseMicros, holdMicros]);
    const shares = [share, caution, minShare].map(Number);
    assert.deepEqual(shares, [profile.share, profile.caution, profile.minShare]);
  }
  assert.equal(table.filter((row) => row.length === 10).length, DELTA_PROFILES.length + 2);
});

test("the rungs of spec/delta.md are those of the code", () => {
  const rungs = [...DELTA.matchAll(/\{ fps: (\w+), scale: ([\d.]+) \}/g)].map(
    ([, fps, scale], rung) => [`${rung}`, fps === "Infinity" ? "all" : fps, scale],
  );
  const table = rows("spec/delta.md", "### 6.5 Frame ladder").slice(2);
  assert.deepEqual(table, rungs);
});

function ms(micros: number): string {
  return `${micros / 1_000} ms`;
}

function seconds(micros: number): string {
  return `${micros / 1_000_000} s`;
}

function source(path: string, name: string): number {
  const value = constantIn(read(`packages/${path}`), name);
  assert.ok(value !== undefined, `${path} has no ${name}`);
  return value;
}

test("the constants of spec/rift.md are those of the code", () => {
  const { reorderPackets, reorderMinMicros, reorderMaxMicros, maxFrames, maxBytes } =
    REASSEMBLER_LIMITS;
  const history = "rift-core/src/congestion/sent-history.ts";
  const pacer = "rift-core/src/congestion/pacer.ts";
  const receiver = "rift-session/src/video-receiver.ts";
  const sender = "rift-session/src/update-sender.ts";
  assert.match(read(`packages/${history}`), /SLOTS = 1 << 13;/);
  assert.match(read("packages/rift-core/src/congestion/arrival-log.ts"), /SLOTS = 1 << 11;/);
  assert.equal(BOUNDS.rekeyPackets, 2 ** 31);
  const patience = DEADLINE_MICROS + source(receiver, "LATE_MICROS");
  const last = DEADLINE_MICROS - source(sender, "MARGIN_MICROS");
  const expected: Readonly<Record<string, string>> = {
    "datagram, header, tag, payload": `${MAX_DATAGRAM_BYTES}, ${PACKET_HEADER_BYTES}, ${PACKET_TAG_BYTES}, ${MAX_PAYLOAD_BYTES} bytes`,
    "handshake retry": `${ms(TIMES.handshakeRetryMicros)}, × ${TIMES.handshakeRetryFactor} each time, up to ${ms(TIMES.maxHandshakeRetryMicros)}`,
    "connect deadline": `${seconds(TIMES.connectTimeoutMicros)}, or as the program says`,
    "wait for the right key after a wrong one": seconds(TIMES.keyMismatchGraceMicros),
    "half-open handshake: lifetime, most, cookie from": `${seconds(TIMES.halfOpenMicros)}, ${BOUNDS.maxHalfOpen}, ${BOUNDS.cookieHalfOpen}`,
    "remembered initiations": `${BOUNDS.maxRememberedInitiations}`,
    "connections of an endpoint": `${BOUNDS.maxConnections}`,
    [`ping; until ${["", "", "", "", "four"][BOUNDS.firstPings]} samples`]: `${ms(TIMES.pingMicros)}; ${ms(TIMES.firstPingMicros)}`,
    "suspended, timeout": `${seconds(TIMES.suspendMicros)}, ${seconds(TIMES.timeoutMicros)}`,
    "new keys offered": `after ${seconds(TIMES.rekeyMicros)} or 2^31 packets`,
    "old key kept": seconds(TIMES.oldKeyMicros),
    "path challenge": `${BOUNDS.pathChallenges} times, ${ms(TIMES.pathChallengeMicros)} apart`,
    "addresses of an attempt; that moving has left": `${BOUNDS.attemptAddresses}, ${BOUNDS.leftAddresses}`,
    report: `at each update, ${ms(TIMES.reportMicros)}`,
    "arrival times: entries, unit, overlap, memory": `${MAX_REPORTED_PACKETS}, 8 µs, ${MAX_REPORTED_PACKETS / 2}, 2048`,
    "packet lost": `${source(history, "REORDER_PACKETS")} later ones, ${ms(source(history, "REORDER_MICROS"))}`,
    "packet no longer under way": seconds(
      source("rift-session/src/video-path.ts", "EXPIRE_MICROS"),
    ),
    "sender's memory of packets": "8192",
    "keyframe wish repeated": `${ms(TIMES.keyframeRepeatMicros)}, × ${TIMES.keyframeRepeatFactor}, up to ${ms(TIMES.maxKeyframeRepeatMicros)}`,
    "keyframe wish handed on again": `not within ${ms(TIMES.keyframeRequestMicros)}`,
    "input acknowledgements apart": ms(TIMES.inputAcknowledgedMicros),
    "cursor repeats": `${BOUNDS.cursorRepeats}, ${ms(TIMES.cursorRepeatMicros)} apart`,
    "tail probe": `1.5 RTT + ${ms(TIMES.tailProbeMicros)}, doubled, ${BOUNDS.tailProbes} times`,
    "input datagrams, updates that wait": `${BOUNDS.maxQueuedInputs}, ${BOUNDS.maxQueuedUpdates}`,
    "train, least; slack; unpaced": `0.5 ms, 2400 bytes; ${ms(source(pacer, "SLACK_MICROS"))}; ${source(pacer, "UNPACED_BPS") / 1e6} Mbps`,
    "reordering: fragments and time, time alone": `${reorderPackets} and ${ms(reorderMinMicros)}, ${ms(reorderMaxMicros)}`,
    "patience: where it can ask, where repairs come": `${ms(patience)}, ${ms(source(receiver, "REPAIR_MICROS"))}`,
    "an update is of use; the last packet of it": `${ms(DEADLINE_MICROS)}, ${ms(last)}`,
    "updates in reassembly": `${maxFrames}, ${maxBytes / 2 ** 20} MiB`,
    "fragments of an update, piece": `${MAX_FRAGMENTS}, ${MAX_FRAGMENT_BYTES} bytes`,
    "control message, window, send buffer": `${MAX_CONTROL_BYTES / 2 ** 20} MiB, ${BOUNDS.controlWindowBytes / 1_024} KiB, ${BOUNDS.controlBufferBytes / 2 ** 20} MiB`,
    "control retransmission: first, least, most": `${ms(TIMES.firstRetransmitMicros)}, ${ms(TIMES.minRetransmitMicros)}, ${seconds(TIMES.maxRetransmitMicros)}`,
    "control segments under way": `${BOUNDS.controlSegments}`,
    "pieces kept beyond a gap in the control stream": `${BOUNDS.controlRanges}`,
    close: `${BOUNDS.closeSends} times, ${ms(TIMES.closeRetryMicros)} apart`,
    "replay window": `${REPLAY_WINDOW_PACKETS}`,
  };
  const table = rows("spec/rift.md", "## 9. Constants").slice(2);
  assert.deepEqual(Object.fromEntries(table), expected);
});

test("the limits of spec/rift.md §3.5 are those of the code", () => {
  const names = {
    "checks of a paired device's proof, without a cookie": "proofChecks",
    "checks of a paired device's proof, with a cookie": "cookieProofChecks",
    "checks of a secret's proof": "pairingProofChecks",
    "handshakes opened without a cookie": "opens",
    "cookie replies to paired devices": "cookieReplies",
    "cookie replies while pairing": "pairingCookieReplies",
    "responses sent again": "responses",
    handshakes: "handshakes",
  } as const;
  const table = rows("spec/rift.md", "### 3.5 Limits").slice(2);
  const given = table.map(([what, , turns]) => [what, turns]);
  const wanted = Object.entries(names).map(([what, name]) => {
    const { burst, perSecond } = HANDSHAKE_LIMITS[name];
    return [what, `${burst}, ${perSecond}`];
  });
  assert.deepEqual(given, wanted);
  const { maxNetworks, loadedMicros } = HANDSHAKE_LIMITS;
  const text = read("spec/rift.md");
  assert.match(text, new RegExp(`At most ${maxNetworks} networks`));
  assert.match(text, new RegExp(`for ${seconds(loadedMicros)} after the supply`));
});

test("the close reasons of spec/rift.md are those of the code", () => {
  const named = rows("spec/rift.md", "## 8. Life and end").filter(([cell = ""]) =>
    /^\d+$/.test(cell),
  );
  assert.equal(named.length, Object.keys(CloseReason).length);
  for (const [number, name = ""] of named) {
    const code = closeReasonName(Number(number)).replace(
      /[A-Z]/g,
      (upper) => ` ${upper.toLowerCase()}`,
    );
    assert.equal(name, code);
  }
});

test("spec/rift.md names every counter", () => {
  const named = rows("spec/rift.md", "## 10. Errors")
    .flatMap(([cell = ""]) => [...cell.matchAll(/`([a-zA-Z]+)`/g)])
    .map(([, name]) => name);
  for (const name of Object.keys(newCounters()))
    if (name !== "handshakesCompleted") assert.ok(named.includes(name), name);
});
