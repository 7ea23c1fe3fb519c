import { type GrantedPort, holdPort, type PortAsker } from "./hold-port.ts";
import type { RouterQuestion } from "./pcp.ts";
import {
  type PmpResponse,
  readPmpResponse,
  writePmpAddressRequest,
  writePmpMapRequest,
} from "./pmp-message.ts";
import { type PortMapping, PortMappingError } from "./port-mapping.ts";
import { ROUTER_PORT, RouterSocket } from "./router-socket.ts";

/**
 * Asks a router by NAT-PMP for a UDP port and holds it. Rejects with PortMappingError "no-answer" or "refused"; with the signal's reason when
 * that aborts.
 */
export async function pmpMapping(question: RouterQuestion): Promise<PortMapping> {
  const { router, routerPort = ROUTER_PORT, port, signal } = question;
  const socket = await RouterSocket.open(router, routerPort, signal);
  return await holdPort("nat-pmp", new PmpAsker(socket, port), signal);
}

class PmpAsker implements PortAsker {
  readonly #socket: RouterSocket;
  readonly #port: number;
  #externalPort: number;

  /** Takes the socket over. */
  constructor(socket: RouterSocket, port: number) {
    this.#socket = socket;
    this.#port = port;
    this.#externalPort = port;
  }

  async ask(
    lifetimeSeconds: number,
    waits: readonly number[],
    signal: AbortSignal,
  ): Promise<GrantedPort> {
    const isReturn = lifetimeSeconds === 0;
    const wanted = isReturn ? 0 : this.#externalPort;
    const request = writePmpMapRequest(this.#port, wanted, lifetimeSeconds);
    const isMap = (answer: Success): answer is Map =>
      answer.kind === "map" && answer.internalPort === this.#port;
    const map = await this.#socket.ask(request, (bytes) => read(bytes, isMap), waits, signal);
    this.#externalPort = map.externalPort;
    const { externalPort: port, lifetimeSeconds: granted } = map;
    if (isReturn) return { address: "0.0.0.0", port, lifetimeSeconds: granted };
    const isAddress = (answer: Success): answer is Outer => answer.kind === "address";
    const { address } = await this.#socket.ask(
      writePmpAddressRequest(),
      (bytes) => read(bytes, isAddress),
      ...[waits, signal],
    );
    return { address, port, lifetimeSeconds: granted };
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

type Success = Exclude<PmpResponse, { kind: "refusal" }>;
type Map = Extract<PmpResponse, { kind: "map" }>;
type Outer = Extract<PmpResponse, { kind: "address" }>;

function read<T extends Success>(
  bytes: Uint8Array,
  isIt: (answer: Success) => answer is T,
): T | undefined {
  const response = readPmpResponse(bytes);
  if (response === undefined) return undefined;
  if (response.kind === "refusal")
    throw new PortMappingError("refused", `the router refuses NAT-PMP (${response.result})`);
  return isIt(response) ? response : undefined;
}
