/** Where the peers of a benchmark are: addresses of 127.0.0.0/8, so that no limit of one address takes them together. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** The two ends of one session. */
export interface Places {
  readonly client: string;
  readonly host: string;
}

/** Ports of all clients, and of all hosts. */
export interface Ports {
  readonly client: number;
  readonly host: number;
}

/** So many sessions' places; `block` (0 to 9) gives others. */
export function placesOf(count: number, block = 0): Places[] {
  return Array.from({ length: count }, (_, i) => {
    const rest = `${1 + (i >> 6)}.${1 + (i & 63)}`;
    return { client: `127.${10 + block}.${rest}`, host: `127.${30 + block}.${rest}` };
  });
}

/** Two ports that nobody has. */
export async function freePorts(): Promise<Ports> {
  const sockets = [await bind("0.0.0.0", 0), await bind("0.0.0.0", 0)] as const;
  const [client, host] = sockets.map((socket) => socket.address().port) as [number, number];
  await Promise.all(sockets.map(close));
  return { client, host };
}

export async function bind(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: "udp4", reuseAddr: port !== 0 });
  socket.bind(port, address);
  await once(socket, "listening");
  return socket;
}

export async function close(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}
