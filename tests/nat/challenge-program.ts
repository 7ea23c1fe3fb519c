/** Answers a relay's hello with a challenge, as a relay does (spec/relay.md §4.1). Words: address, port. */
import { createSocket } from "node:dgram";
import { readHello, writeChallenge } from "@wavry/relay";
import { WireError } from "@wavry/rift-core";

const [address = "", port] = process.argv.slice(2);
const socket = createSocket("udp4");
socket.on("message", (datagram, from) => {
  try {
    const nonce = readHello(datagram);
    socket.send(writeChallenge({ nonce, cookie: new Uint8Array(16) }), from.port, from.address);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
});
socket.bind(Number(port), address, () => process.stdout.write("ready\n"));
