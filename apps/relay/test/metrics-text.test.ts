import assert from "node:assert/strict";
import { test } from "node:test";
import { newRelayCounters } from "@wavry/relay";
import { metricsText, type RelayStatus } from "../src/index.ts";
import { newTlsCounters } from "../src/tls/tls-counters.ts";

const STATUS: RelayStatus = {
  ...{ sessions: 1, joined: 1, usedLeases: 2, state: "serving", isShedding: false },
  ...{ busy: 0.1, sendErrors: 0, counters: newRelayCounters() },
};

test("figures are in Prometheus' format: each name once with its help and type, each sample once", () => {
  const text = metricsText(STATUS, {
    tls: {
      ...{ connections: 3, admitted: 2, certificateExpiresAtMillis: 1_800_000_000_000 },
      counters: newTlsCounters(),
    },
    fleet: { state: "active", isFailing: false, taken: 5, failed: 1, silentSeconds: 4 },
  });
  assert.ok(text.endsWith("\n"));
  const lines = text.trimEnd().split("\n");
  for (const line of lines)
    assert.match(line, /^(# (HELP|TYPE) )?wavry_relay_[a-z_]+(\{[a-z]+="[a-z_-]+"\})? ?\S/);
  const heads = lines.filter((line) => line.startsWith("# TYPE "));
  assert.equal(new Set(heads).size, heads.length);
  const samples = lines.filter((line) => !line.startsWith("#")).map((line) => line.split(" ")[0]);
  assert.equal(new Set(samples).size, samples.length);
  for (const sample of [
    "wavry_relay_tls_connections 3",
    "wavry_relay_tls_admitted 2",
    "wavry_relay_tls_certificate_expiry_seconds 1800000000",
    'wavry_relay_tls_refused_total{why="network"} 0',
    'wavry_relay_tls_cut_total{why="pushed_out"} 0',
    'wavry_relay_tls_datagrams_total{way="dropped"} 0',
    'wavry_relay_refusals_total{why="wrong_relay"} 0',
    'wavry_relay_ended_total{why="idle"} 0',
    'wavry_relay_fleet_state{state="active"} 1',
    "wavry_relay_fleet_silent_seconds 4",
    'wavry_relay_fleet_heartbeats_total{result="failed"} 1',
  ])
    assert.ok(lines.includes(sample), sample);
});

test("a relay without TLS and without a gateway has no figures of them", () => {
  assert.doesNotMatch(metricsText(STATUS), /tls|fleet/);
});
