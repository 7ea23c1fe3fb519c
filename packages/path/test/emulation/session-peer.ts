import type { Micros } from "@wavry/rift-core";
import type { CryptoSuite, Identity } from "@wavry/rift-crypto";
import { Endpoint } from "@wavry/rift-session";
import { type RiftConnection, SessionDriver } from "@wavry/rift-session/driver";
import {
  type Address,
  PathAgent,
  type PathEvent,
  type PathKind,
  pathKey,
  readPathId,
} from "../../src/index.ts";
import type { Internet, Machine } from "./internet.ts";
import { text } from "./nat.ts";

/** A real session and an agent on one machine, joined as a program joins them. */
export class SessionPeer {
  readonly agent: PathAgent;
  readonly driver: SessionDriver;
  readonly machine: Machine;
  readonly identity: Identity;
  readonly events: (PathEvent & { readonly at: Micros })[] = [];
  connection: RiftConnection | undefined;
  /** Adds an address to the attempt to connect. */
  add: ((address: Address) => void) | undefined;
  readonly #net: Internet;
  readonly #pipes: Map<string, { to: SessionPeer; from: Address }> = new Map();
  #wakeAt: Micros = Infinity;

  constructor(
    net: Internet,
    machine: Machine,
    init: {
      suite: CryptoSuite;
      role: "client" | "host";
      identity: Identity;
      peer: { wavryId: string; staticKey: Uint8Array };
    },
  ) {
    const { suite, role, identity, peer } = init;
    this.#net = net;
    this.machine = net.add(machine);
    this.identity = identity;
    const key = pathKey(suite, identity.staticPrivate, peer.staticKey, "session-1");
    this.agent = new PathAgent({ suite, role, key, now: net.now });
    const admission = {
      pairedStatics: () => [peer],
      pairingSecrets: () => [],
      onPaired: () => undefined,
    };
    this.driver = new SessionDriver({
      endpoint: new Endpoint({
        ...{ suite, identity, now: net.now, smoothing: "off" },
        ...(role === "host" ? { admission } : {}),
      }),
      now: () => net.now,
      send: (bytes, length, address, port) => this.#send({ address, port }, bytes.slice(0, length)),
      setTimer: (at) => net.at(Math.max(net.now, Math.ceil(at)), () => this.driver.handleTimer()),
    });
    this.driver.onConnection = (connection) => this.use(connection);
    machine.receive = (bytes, from) => this.#receive(bytes, from);
  }

  /** Joins a connection with the agent. */
  use(connection: RiftConnection): void {
    this.connection = connection;
    connection.onHeard = (from) => {
      this.agent.heard(from, this.#net.now);
      this.drain();
    };
    connection.onSent = () => {
      this.agent.sent(this.#net.now);
      this.drain();
    };
    const { selected } = this.agent;
    if (selected !== undefined) connection.moveTo(selected.address);
  }

  addPipe(other: SessionPeer, kind: PathKind, address: Address): void {
    this.#pipes.set(text(address), { to: other, from: address });
    this.tell([{ kind, ...address }]);
  }

  tell(candidates: readonly { kind: PathKind; address: string; port: number }[]): void {
    this.agent.addRemote(candidates, this.#net.now);
    this.drain();
  }

  drain(): void {
    const { agent } = this;
    const { now } = this.#net;
    for (let out = agent.pollTransmit(now); out !== undefined; out = agent.pollTransmit(now))
      this.#send(out, out.bytes.slice(0, out.length));
    for (let event = agent.pollEvent(); event !== undefined; event = agent.pollEvent()) {
      this.events.push({ ...event, at: now });
      if (event.type === "proven") this.add?.(event.path.address);
      if (event.type !== "selected") continue;
      const isOldPathDead = event.previous !== undefined && event.previous.state !== "proven";
      this.connection?.moveTo(event.path.address, { isOldPathDead });
    }
    const next = agent.pollTimeout() ?? Infinity;
    if (next >= this.#wakeAt || next === Infinity) return;
    this.#wakeAt = next;
    this.#net.at(Math.max(now, Math.ceil(next)), () => {
      this.#wakeAt = Infinity;
      agent.handleTimeout(this.#net.now);
      this.drain();
    });
  }

  #send(to: Address, bytes: Uint8Array): void {
    const pipe = this.#pipes.get(text(to));
    if (pipe === undefined) this.#net.send(this.machine, to, bytes);
    else this.#net.sendRelayed(pipe.to.machine, pipe.from, bytes);
  }

  #receive(bytes: Uint8Array, from: Address): void {
    if (readPathId(bytes) === this.agent.pathId) {
      this.agent.receive(bytes, from, this.#net.now);
      this.drain();
    } else this.driver.receive(bytes, from);
  }
}
