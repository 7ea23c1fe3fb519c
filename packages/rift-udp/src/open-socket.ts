import type { DatagramSocket, SocketOptions } from "./datagram-socket.ts";
import { EndpointError } from "./errors.ts";
import { chooseLibc } from "./linux/libc.ts";
import { LinuxSocket } from "./linux/linux-socket.ts";
import { UdpSocket } from "./udp-socket.ts";

/** How a socket is opened. */
export interface OpenOptions extends SocketOptions {
  /**
   * "plain": node:dgram even where there is better. "best": in a worker this promises that the socket is closed before the
   * worker is terminated. Default: "best" on the main thread, "plain" in workers.
   */
  readonly prefer?: "best" | "plain" | undefined;
}

/** Opens a socket; see its `kind` for what it became. Rejects with EndpointError. */
export async function openSocket(options: OpenOptions = {}): Promise<DatagramSocket> {
  const libc = await chooseLibc(options.prefer);
  if (options.address !== undefined) return await open(options.address);
  try {
    return await open("::");
  } catch (error) {
    const code = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code;
    if (code !== "EAFNOSUPPORT" && code !== "EADDRNOTAVAIL" && code !== "EINVAL") throw error;
    return await open("0.0.0.0");
  }

  async function open(address: string): Promise<DatagramSocket> {
    if (libc !== undefined)
      try {
        return LinuxSocket.bind(libc, address, options);
      } catch (error) {
        // A filter may forbid what only this socket needs; a port that is taken is taken for both.
        if (error instanceof EndpointError && error.code === "port-in-use") throw error;
      }
    return await UdpSocket.bind(address, options.port ?? 0);
  }
}
