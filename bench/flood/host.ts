/** A host for the flood benchmark: prints its port, then its state four times a second, until its standard input ends. */
import { identityFromSecrets } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { RiftEndpoint } from "@wavry/rift-udp";
import type { HostArguments } from "./host-arguments.ts";

const REPORT_MILLIS = 250;

const arguments_ = JSON.parse(process.argv[2]!) as HostArguments;
const { identitySeed, staticPrivate, paired, secret } = arguments_;
const endpoint = await RiftEndpoint.bind({
  address: "127.0.0.1",
  suite: nodeSuite,
  identity: identityFromSecrets(nodeSuite, {
    identitySeed: Uint8Array.fromHex(identitySeed),
    staticPrivate: Uint8Array.fromHex(staticPrivate),
  }),
  admission: {
    pairedStatics: () =>
      paired.map(([wavryId, key]) => ({ wavryId, staticKey: Uint8Array.fromHex(key) })),
    pairingSecrets: () => (secret === "" ? [] : [Uint8Array.fromHex(secret)]),
    onPaired: () => undefined,
  },
});

const report = (): void => {
  const { user, system } = process.cpuUsage();
  const { ungated, unproven, replayedInitiation, cookieSent, refused } = endpoint.counters;
  const handled = ungated + unproven + replayedInitiation + cookieSent + refused;
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage();
  console.log(
    ["state", rss, heapUsed + arrayBuffers, user + system, handled].map(String).join(" "),
  );
};

console.log(`port ${endpoint.address.port}`);
const timer = setInterval(report, REPORT_MILLIS);
process.stdin.resume();
process.stdin.once("end", () => {
  clearInterval(timer);
  report();
  void endpoint.close();
});
