/** Announces or looks for hosts as it is told by its words, and prints what it finds, one JSON object a line. Ends with its stdin. */
import { createSocket } from "node:dgram";
import { findOnLan, LanAnnouncement, LanBrowser } from "@wavry/discovery";

const [what, ...words] = process.argv.slice(2);
const say = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const ended = new AbortController();
process.stdin.resume().on("end", () => ended.abort());
const untilTheEnd = new Promise<void>((resolve) =>
  ended.signal.addEventListener("abort", () => resolve()),
);

if (what === "announce") {
  const [name = "", wavryId = "", port] = words;
  await using _announcement = await LanAnnouncement.open({
    ...{ name, wavryId, port: Number(port) },
    onName: (given) => say({ name: given }),
  });
  await untilTheEnd;
} else if (what === "browse") {
  let before = "";
  await using browser = await LanBrowser.open({
    onChange: () => {
      const hosts = browser.hosts.map(({ name, addresses }) => ({ name, addresses }));
      const now = JSON.stringify(hosts);
      if (now !== before) say({ hosts });
      before = now;
    },
  });
  say({ ready: true });
  await untilTheEnd;
  say({ counters: browser.counters });
} else if (what === "find") {
  const [wavryId = ""] = words;
  say({ ready: true });
  await findOnLan({ wavryId, signal: ended.signal, onAddress: (found) => say({ found }) });
} else if (what === "flood") {
  // As fast as it can, with what looks like mDNS and what does not.
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  await new Promise<void>((resolve) => socket.bind(5353, resolve));
  const [address = "", ...rest] = words;
  socket.setMulticastInterface(address);
  const payloads = rest.map((hex) => Buffer.from(hex, "hex"));
  let sent = 0;
  while (!ended.signal.aborted) {
    for (let i = 0; i < 100; i++) {
      const bytes = payloads[sent++ % payloads.length]!;
      socket.send(bytes, 5353, "224.0.0.251", () => {});
    }
    if (sent === 5_000) say({ sent });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  socket.close();
} else throw new Error(`nothing is known of ${what}`);
