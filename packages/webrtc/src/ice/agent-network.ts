import type { IceServer as NativeIceServer, RtcConfig } from "node-datachannel";
import { WebRtcError } from "../webrtc-error.ts";
import { type IceServer, type IceServerAddress, iceServerAddresses } from "./ice-server.ts";
import { TurnBridge } from "./turn-bridge.ts";

/** How the ICE agent may reach the network. */
export interface AgentNetworkOptions {
  readonly iceServers: readonly IceServer[];
  readonly relayOnly: boolean;
  readonly bindAddress: string | undefined;
  readonly tlsAuthorities: string | undefined;
}

const LOOPBACKS = ["::1", "127.0.0.1"] as const;

/**
 * The part of the agent's configuration that says where it sends, with the bridges that this needs.
 *
 * Where only relays are allowed the agent is bound to the loopback interface and sees nothing but bridges: the library
 * hides other candidates from the other side, but by itself would still send to the other side's directly.
 */
export class AgentNetwork implements Disposable {
  readonly config: Pick<RtcConfig, "iceServers" | "bindAddress" | "iceTransportPolicy">;
  readonly #bridges: TurnBridge[] = [];

  /** Throws WebRtcError "malformed" on a URL that is none, "failed" where a port cannot be had. */
  constructor(options: AgentNetworkOptions) {
    const addresses = iceServerAddresses(options.iceServers);
    const { relayOnly, bindAddress, tlsAuthorities } = options;
    if (relayOnly && !addresses.some(({ kind }) => kind === "turn"))
      throw new TypeError('the policy "relay" needs a TURN server');
    try {
      let local = relayOnly ? undefined : (bindAddress ?? "127.0.0.1");
      const servers: NativeIceServer[] = [];
      for (const server of addresses) {
        if (server.kind === "stun" && relayOnly) continue;
        if (server.kind === "stun" || (server.transport === "udp" && !relayOnly)) {
          servers.push(nativeServer(server, server.host, server.port));
          continue;
        }
        const bridge = openBridge(
          server,
          local === undefined ? LOOPBACKS : [local],
          tlsAuthorities,
        );
        this.#bridges.push(bridge);
        local = bridge.address;
        servers.push(nativeServer(server, bridge.address, bridge.port));
      }
      const bound = relayOnly ? local : bindAddress;
      this.config = {
        iceServers: servers,
        iceTransportPolicy: relayOnly ? "relay" : "all",
        ...(bound !== undefined && { bindAddress: bound }),
      };
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    for (const bridge of this.#bridges.splice(0)) bridge[Symbol.dispose]();
  }
}

function openBridge(
  server: IceServerAddress,
  locals: readonly string[],
  tlsAuthorities: string | undefined,
): TurnBridge {
  let failure: unknown;
  for (const address of locals) {
    try {
      return new TurnBridge({ server, address, tlsAuthorities });
    } catch (error) {
      failure = error;
    }
  }
  throw new WebRtcError("failed", "no local port for a TURN server", { cause: failure });
}

function nativeServer(
  { kind, username, credential }: IceServerAddress,
  host: string,
  port: number,
): NativeIceServer {
  return kind === "stun"
    ? { hostname: host, port }
    : { hostname: host, port, username, password: credential, relayType: "TurnUdp" };
}
