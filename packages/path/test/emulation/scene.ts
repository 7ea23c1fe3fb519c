import { type Micros, SECOND } from "@wavry/rift-core";
import { seededBytes } from "@wavry/rift-core/testing";
import { type CryptoSuite, createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { type Address, type PathKind, pathKey } from "../../src/index.ts";
import { Internet, type Machine } from "./internet.ts";
import { Peer } from "./peer.ts";

/** Both sides' carriers of the relay have this address, as each counts its own. */
export const RELAY: Address = { address: "100::1", port: 4200 };

export interface SceneInit {
  readonly seed?: number;
  readonly client: Machine;
  readonly host: Machine;
  /** How long signaling takes from one to the other. */
  readonly signalingMicros?: Micros;
  readonly relay?: "relay" | "relay-tls" | "none";
}

/** A client and a host that look for a path. */
export class Scene {
  readonly net: Internet;
  readonly client: Peer;
  readonly host: Peer;
  readonly suite: CryptoSuite;
  readonly key: Uint8Array;
  readonly startAt: Micros;

  constructor({ seed = 1, client, host, signalingMicros = 30_000, relay = "relay" }: SceneInit) {
    this.net = new Internet(seed);
    this.startAt = this.net.now;
    const randomBytes = seededBytes(seed);
    this.suite = { ...nodeSuite, randomBytes };
    const [one, other] = [createIdentity(this.suite), createIdentity(this.suite)];
    this.key = pathKey(this.suite, one.staticPrivate, other.staticKey, "session-1");
    const { suite } = this;
    const hostKey = pathKey(suite, other.staticPrivate, one.staticKey, "session-1");
    this.client = new Peer(this.net, client, { suite, role: "client", key: this.key });
    this.host = new Peer(this.net, host, { suite, role: "host", key: hostKey });
    const toHost = this.client.candidates;
    const toClient = this.host.candidates;
    this.net.at(this.net.now, () => this.client.tell(toClient));
    this.net.at(this.net.now + signalingMicros, () => this.host.tell(toHost));
    if (relay === "none") return;
    this.net.at(this.net.now + 5 * signalingMicros, () => {
      this.client.addPipe(this.host, relay, RELAY);
      this.host.addPipe(this.client, relay, RELAY);
    });
  }

  /** Runs for so long. */
  run(micros: Micros): void {
    this.net.runUntil(this.net.now + micros);
  }

  /** Runs until both use what they have found, and the session with them. */
  begin(micros: Micros = 3 * SECOND): void {
    this.run(micros);
    this.client.begin();
    this.host.begin();
    this.run(SECOND);
  }

  /** The kinds of path that both use. */
  get kinds(): (PathKind | undefined)[] {
    return [this.client, this.host].map(({ agent }) => agent.selected?.kind);
  }
}
