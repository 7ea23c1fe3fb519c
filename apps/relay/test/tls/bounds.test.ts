import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TLS_BOUNDS } from "../../src/index.ts";
import { MESSAGE_COST_BYTES, STRANGER_BYTES } from "../../src/tls/tls-bounds.ts";

test("the bounds of TLS are those of the specification", () => {
  const path = join(import.meta.dirname, "../../../../spec/relay.md");
  const text = readFileSync(path, "utf8").split("\n## 11. ")[1]!.split("\n## ")[0]!;
  const rows = new Map(
    text
      .split("\n")
      .filter((line) => line.startsWith("| "))
      .map((line) => line.split("|").map((cell) => cell.trim()))
      .map(([, what, value]) => [what!, value!] as const),
  );
  const B = TLS_BOUNDS;
  const rate = ({ burst, perSecond }: typeof STRANGER_BYTES): string =>
    `${burst}, ${perSecond} a second`;
  for (const [what, value] of [
    ["connections", String(B.connections)],
    ["connections of a network", String(B.connectionsOfNetwork)],
    ["strangers", String(B.strangers)],
    ["connections that arrive", rate(B.arrivals)],
    ["connections that arrive of a network", rate(B.arrivalsOfNetwork)],
    ["TLS and the request", `${B.handshakeMillis / 1_000} s`],
    ["a stranger's time", `${B.strangerMillis / 1_000} s`],
    ["an admitted one to which nothing is sent", `${B.idleMillis / 1_000} s`],
    ["one that takes nothing of what waits", `${B.stalledMillis / 1_000} s`],
    ["bytes that wait for one", String(B.waitingBytes)],
    ["bytes that are read of a stranger", rate(STRANGER_BYTES)],
    ["cost of a message beside its bytes", `${MESSAGE_COST_BYTES} bytes`],
  ] as const)
    assert.equal(rows.get(what), value, what);
});
