/** Runs in a network namespace of its own and hands out ports of it, until whoever started it is gone. */
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** What is asked for: the port of 127.0.0.1 in there. */
export interface PortWish {
  readonly kind: "tcp" | "udp";
  readonly port: number;
}

// WebRTC wants an address that is not the loopback interface's. The other end of this cable hangs in the air.
for (const command of [
  "link set lo up",
  "link add lan0 type veth peer name lan1",
  "address add 198.18.77.2/24 dev lan0",
  "link set lan0 up",
  "link set lan1 up",
]) {
  const { status, stderr } = spawnSync("ip", command.split(" "), { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${command}: ${stderr}`);
}

process.on("message", async ({ kind, port }: PortWish) => {
  if (kind === "tcp") {
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    // Who keeps it open takes connections, too.
    process.send?.("tcp", server, () => server.close());
  } else {
    const socket = createSocket("udp4").bind(port, "127.0.0.1");
    await once(socket, "listening");
    process.send?.("udp", socket, () => socket.close());
  }
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
