import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

const UNSUPPORTED: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

/** Any free TCP port of an address. Rejects with what the system says. */
export async function freePort(address: string): Promise<number> {
  return await tryPort(address, 0);
}

/**
 * Whether nothing listens on a port. For this machine alone, neither of its two addresses may be taken: `localhost` is
 * both, and a browser would find the other program. Rejects for addresses that this machine does not have.
 */
export async function isFreePort(address: string, port: number): Promise<boolean> {
  try {
    await tryPort(address, port);
    if (address === "127.0.0.1") await tryPort("::1", port);
    return true;
  } catch (error) {
    const { code = "", address: where } = error as NodeJS.ErrnoException & { address?: string };
    if (code === "EADDRINUSE") return false;
    if (where === "::1" && UNSUPPORTED.has(code)) return true;
    throw error;
  }
}

async function tryPort(address: string, port: number): Promise<number> {
  const server = createServer().listen(port, address);
  await once(server, "listening");
  const { port: found } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return found;
}

/** The same URL with another port. */
export function withPort(url: URL, port: number): URL {
  const own = new URL(url);
  own.port = String(port);
  return own;
}
