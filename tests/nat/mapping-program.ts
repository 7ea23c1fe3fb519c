/** Asks the router for a port by one way, says what it got and what arrives there, and gives it back at the end of its stdin. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mapPort, type PortMappingWay } from "@wavry/port-mapping";

const [way, port] = process.argv.slice(2) as [PortMappingWay, string];

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const socket = createSocket("udp4");
socket.bind(Number(port));
await once(socket, "listening");
socket.on("message", (bytes, from) => {
  say({ event: "heard", text: bytes.toString() });
  socket.send(bytes, from.port, from.address);
});
const patience = AbortSignal.timeout(60_000);
try {
  await using mapping = await mapPort(Number(port), patience, { ways: [way] });
  say({ event: "mapped", way: mapping.way, address: mapping.address, port: mapping.port });
  process.stdin.resume();
  await once(process.stdin, "end");
} catch (error) {
  say({ event: "failed", message: (error as Error).message });
}
socket.close();
say({ event: "over" });
