import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import {
  ADMISSION_BYTES,
  ANSWER_BYTES,
  CHALLENGE_BYTES,
  DEFAULT_RELAY_PORT,
  HELLO_BYTES,
  LEASE_BYTES,
  LEASE_LEEWAY_SECONDS,
  LEASE_SECONDS,
  MAX_RELAYED_BYTES,
  NOTICE_BYTES,
  newRelayCounters,
  PING_BYTES,
  RATE_FLOOR_KBPS,
  RELAY_BOUNDS,
  RELAY_HEADER_BYTES,
  RELAY_SUPPLIES,
  RELAY_TIMES,
  RENEWAL_SHARE,
} from "../src/index.ts";

const TEXT = readFileSync(resolve(import.meta.dirname, "../../../spec/relay.md"), "utf8");

/** The cells of the row of a table that begins with these. */
function row(...begin: readonly string[]): string[] {
  const rows = TEXT.split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const found = rows.filter((cells) => begin.every((cell, i) => cells[i] === cell));
  assert.equal(found.length, 1, `one row "${begin.join(" | ")}"`);
  return found[0]!.slice(begin.length);
}

test("lengths of the specification are those of the code", () => {
  assert.equal(row("0x40 to 0x4f", "data", "both")[0], `5 to ${MAX_RELAYED_BYTES}`);
  for (const [first, kind, length] of [
    ["0x50", "hello", HELLO_BYTES],
    ["0x51", "challenge", CHALLENGE_BYTES],
    ["0x52", "admission", ADMISSION_BYTES],
    ["0x53", "answer", ANSWER_BYTES],
    ["0x54", "ping", PING_BYTES],
    ["0x55", "pong", PING_BYTES],
    ["0x56", "close", NOTICE_BYTES],
    ["0x57", "notice", NOTICE_BYTES],
  ] as const)
    assert.equal(row(first, kind)[1], String(length), kind);
  assert.match(TEXT, new RegExp(`^${LEASE_BYTES} bytes\\.`, "m"));
});

test("constants of the specification are those of the code", () => {
  const seconds = (micros: number) => `${micros / 1e6} s`;
  const { idle, retryFirst, retryMost, admissionDeadline, keepAlive } = RELAY_TIMES;
  const { check, doubt, pingRetry, lost } = RELAY_TIMES;
  for (const [what, value] of [
    ["port", String(DEFAULT_RELAY_PORT)],
    ["head of data", `${RELAY_HEADER_BYTES} bytes`],
    [
      "lease: longest time, leeway of clocks, renewed at",
      `${LEASE_SECONDS} s, ${LEASE_LEEWAY_SECONDS} s, ${RENEWAL_SHARE * 100} %`,
    ],
    ["least rate", `${RATE_FLOOR_KBPS.toLocaleString("en")} kbit/s`],
    ["silence, waiting for the other side", seconds(idle)],
    ["retry: first, most", `${retryFirst / 1e3} ms, ${seconds(retryMost)}`],
    ["admission without an answer", seconds(admissionDeadline)],
    [
      "ping: idle, after sending, after silence, again",
      [keepAlive, check, doubt, pingRetry].map(seconds).join(", "),
    ],
    ["ping without an answer", seconds(lost)],
  ] as const)
    assert.equal(row(what)[0], value, what);
});

test("supplies and bounds of the specification are those of the code", () => {
  const S = RELAY_SUPPLIES;
  for (const [begin, { burst, perSecond }] of [
    [["challenges", "the relay"], S.challenges],
    [["cookies that are checked", "the relay"], S.cookieChecks],
    [["admissions that are opened, with a valid cookie", "a network"], S.networkAdmissions],
    [
      ["admissions that are new, moved or renewed, with proof", "an identity"],
      S.identityAdmissions,
    ],
    [["packets of data and pings", "an identity"], S.identityPackets],
  ] as const)
    assert.equal(row(...begin)[0], `${burst}, ${perSecond}`, begin[0]);
  for (const { burst, perSecond } of [S.admissions, S.networkPackets])
    assert.match(TEXT, new RegExp(`\\| ${burst}, ${perSecond} `));
  for (const [what, most] of [
    ["sessions", RELAY_BOUNDS.sessions],
    ["used lease ids", RELAY_BOUNDS.usedLeases],
    ["sessions of an identity", RELAY_BOUNDS.sessionsOfIdentity],
    ["sides of a network", RELAY_BOUNDS.sidesOfNetwork],
    ["identities, networks without a side, remembered", RELAY_BOUNDS.remembered],
  ] as const)
    assert.equal(row(what)[0], String(most), what);
});

test("each counter of drops that the specification names is there", () => {
  const section = TEXT.slice(TEXT.indexOf("## 9."), TEXT.indexOf("## 10."));
  const named = [...section.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
  assert.ok(named.length > 10);
  for (const name of named) assert.ok(name in newRelayCounters(), name);
});
