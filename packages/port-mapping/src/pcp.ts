import { randomBytes } from "node:crypto";
import { type GrantedPort, holdPort, type PortAsker } from "./hold-port.ts";
import { type MapResponse, readMapResponse, writeMapRequest } from "./pcp-message.ts";
import { type PortMapping, PortMappingError } from "./port-mapping.ts";
import { ROUTER_PORT, RouterSocket } from "./router-socket.ts";

/** How to ask a router. */
export interface RouterQuestion {
  /** The router's IPv4 address. */
  readonly router: string;
  /** Default 5351. */
  readonly routerPort?: number | undefined;
  /** The UDP port of this machine that is to be reached. */
  readonly port: number;
  readonly signal: AbortSignal;
}

/**
 * Asks a router by PCP for a UDP port and holds it. Rejects with PortMappingError: "no-answer", "refused" also where the router knows NAT-PMP
 * only; with the signal's reason when that aborts.
 */
export async function pcpMapping(question: RouterQuestion): Promise<PortMapping> {
  const { router, routerPort = ROUTER_PORT, port, signal } = question;
  const socket = await RouterSocket.open(router, routerPort, signal);
  return await holdPort("pcp", new PcpAsker(socket, port), signal);
}

type Granted = Extract<MapResponse, { nonce: Uint8Array }>;

class PcpAsker implements PortAsker {
  readonly #socket: RouterSocket;
  readonly #port: number;
  readonly #nonce: Buffer = randomBytes(12);
  #externalPort = 0;

  /** Takes the socket over. */
  constructor(socket: RouterSocket, port: number) {
    this.#socket = socket;
    this.#port = port;
  }

  async ask(
    lifetimeSeconds: number,
    waits: readonly number[],
    signal: AbortSignal,
  ): Promise<GrantedPort> {
    const request = writeMapRequest({
      ...{ lifetimeSeconds, nonce: this.#nonce, client: this.#socket.address },
      ...{ internalPort: this.#port, externalPort: this.#externalPort },
    });
    const granted = await this.#socket.ask(request, (bytes) => this.#read(bytes), waits, signal);
    this.#externalPort = granted.externalPort;
    return {
      address: granted.externalAddress,
      port: granted.externalPort,
      lifetimeSeconds: granted.lifetimeSeconds,
    };
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }

  #read(bytes: Uint8Array): Granted | undefined {
    const response = readMapResponse(bytes);
    if (response === undefined) return undefined;
    if (response.nonce === undefined)
      throw new PortMappingError("refused", `the router refuses PCP (${response.result})`);
    const isOurs = this.#nonce.equals(response.nonce) && response.internalPort === this.#port;
    return isOurs ? (response as Granted) : undefined;
  }
}
