import assert from "node:assert/strict";
import { encodePairingLink, encodeWavryId, parsePairingLink } from "@wavry/rift-crypto";
import type { FuzzTarget } from "../engine/target.ts";

export const pairingLink: FuzzTarget = {
  name: "pairing-link",
  summary: "pairing links: what is taken can be written, and reads the same",
  maxBytes: 1200,
  dictionary: ["wavry://pair/", "?s=", "&a=", "[::1]:", "%", ":65535", "WAVRY1", "\u00e9"].map(
    (text) => new TextEncoder().encode(text),
  ),
  run(input) {
    const link = parsePairingLink(new TextDecoder().decode(input));
    if (link === undefined) return;
    assert.equal(link.secret.length, 16);
    assert.ok(link.addresses.length >= 1 && link.addresses.length <= 8);
    assert.deepEqual(parsePairingLink(encodePairingLink(link)), link);
  },
  seeds: () => {
    const wavryId = encodeWavryId(new Uint8Array(32).fill(3));
    const secret = new Uint8Array(16).fill(7);
    const addresses = [
      { address: "192.0.2.1", port: 4200 },
      { address: "fe80::1%eth0", port: 1 },
      { address: "den.example", port: 65_535 },
    ];
    return [addresses.slice(0, 1), addresses].map((some) =>
      new TextEncoder().encode(encodePairingLink({ wavryId, secret, addresses: some })),
    );
  },
};
