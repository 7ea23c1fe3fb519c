import type { Server } from "node:http";
import { BlockList, isIPv6, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { GatewayConfig } from "../gateway-config.ts";
import { networkOf } from "../limits/network.ts";

/** Connections of one network that are no WebSockets; an office behind one address is meant to fit. */
export const MAX_CONNECTIONS_OF_NETWORK = 1_024;

/** Ranges that Fastify knows by name (proxy-addr). */
const RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  linklocal: ["169.254.0.0/16", "fe80::/10"],
  uniquelocal: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/**
 * Closes what one network opens beyond its number, so that nobody alone uses up the sockets of this process. Trusted
 * proxies bring everybody's and are not counted. WebSockets are the hub's to bound.
 */
export function limitConnections(
  server: Server,
  { trustedProxies, limitFactor = 1 }: Pick<GatewayConfig, "trustedProxies" | "limitFactor">,
): void {
  const proxies = blockList(trustedProxies);
  const counts = new Map<string, number>();
  const leave = new WeakMap<Duplex, () => void>();
  server.on("connection", (socket: Socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return;
    if (proxies.check(remoteAddress, isIPv6(remoteAddress) ? "ipv6" : "ipv4")) return;
    const network = networkOf(remoteAddress);
    const count = counts.get(network) ?? 0;
    if (count >= MAX_CONNECTIONS_OF_NETWORK * limitFactor) {
      socket.destroy();
      return;
    }
    counts.set(network, count + 1);
    leave.set(socket, () => {
      leave.delete(socket);
      const left = counts.get(network)! - 1;
      if (left > 0) counts.set(network, left);
      else counts.delete(network);
    });
    socket.once("close", () => leave.get(socket)?.());
  });
  server.on("upgrade", (_request, socket: Duplex) => leave.get(socket)?.());
}

function blockList(proxies: readonly string[]): BlockList {
  const list = new BlockList();
  for (const proxy of proxies.flatMap((name) => RANGES[name] ?? [name])) {
    const [address = "", bits] = proxy.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
