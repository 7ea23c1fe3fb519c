import { createSocket, type Socket, type SocketType } from "node:dgram";
import { toStunError } from "./stun-error.ts";

/** The kernel's buffers, asked for in bytes: room for a burst. */
const BUFFER_BYTES = 1 << 20;

/** A bound socket that sends to numeric addresses in the same turn; "::" is IPv4, too. Rejects with StunError. */
export async function bindUdp(address: string, port: number): Promise<Socket> {
  const type: SocketType = address.includes(":") ? "udp6" : "udp4";
  // A look-up that answers at once keeps send() in the same turn.
  const lookup = (
    host: string,
    _options: unknown,
    done: (error: Error | null, address: string, family: number) => void,
  ): void => done(null, host, type === "udp6" ? 6 : 4);
  const socket = createSocket({ type, lookup: lookup as never });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ address, port, exclusive: true }, () => {
        socket.off("error", reject);
        resolve();
      });
    });
  } catch (cause) {
    socket.close();
    throw toStunError(cause, address, port);
  }
  for (const grow of ["setRecvBufferSize", "setSendBufferSize"] as const)
    try {
      socket[grow](BUFFER_BYTES);
    } catch {
      // A smaller buffer works too, only with less room for bursts.
    }
  return socket;
}

/** Closes and waits until it is. */
export async function closeUdp(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}
