import assert from "node:assert/strict";
import {
  type Address,
  derivePathKeys,
  PATH_BOUNDS,
  PATH_DATAGRAM_BYTES,
  PathAgent,
  PathDatagramKind,
  type PathKind,
  pathKey,
  writePathDatagram,
} from "@wavry/path";
import { MILLISECOND, SECOND } from "@wavry/rift-core";
import type { FuzzTarget } from "../engine/target.ts";
import { joinPieces, pieces } from "./pieces.ts";
import { toySuite } from "./toy-suite.ts";

const MAX_EXCHANGES = 5_000;
const KINDS: readonly PathKind[] = [
  "local",
  "reflexive",
  "mapped",
  "peer-reflexive",
  "relay",
  "relay-tls",
];
const Step = {
  raw: 0,
  made: 1,
  tell: 2,
  heard: 3,
  remove: 4,
  restart: 5,
  wait: 6,
  mute: 7,
} as const;

/** Sixteen addresses; a client's at the host are the same ones. */
function addressAt(index: number): Address {
  const at = index & 15;
  return at < 8 ? { address: `192.0.2.${at}`, port: 7_000 } : { address: "100::1", port: at };
}

function key({ address, port }: Address): string {
  return `${port} ${address}`;
}

/** Two agents between which some addresses work, and a peer who has the key and says what it likes. */
class Scene {
  now = 5 * SECOND;
  readonly #suite = toySuite(1);
  readonly #key: Uint8Array = pathKey(
    this.#suite,
    new Uint8Array(32).fill(1),
    new Uint8Array(32).fill(2),
    "session",
  );
  readonly agents: readonly PathAgent[] = (["client", "host"] as const).map(
    (role) => new PathAgent({ suite: this.#suite, role, key: this.#key, now: this.now }),
  );
  /** Bytes that came from addresses that nobody told of and that brought nothing back, less those that went there. */
  readonly #credits: readonly Map<string, number>[] = [new Map(), new Map()];
  readonly #told: readonly Set<string>[] = [new Set(), new Set()];
  #isMute = false;
  sent = 0;

  step(kind: number, bytes: Uint8Array): void {
    const index = (kind >> 3) & 1;
    const agent = this.agents[index]!;
    const from = addressAt(kind >> 4);
    const [one = 0, other = 0, ...rest] = bytes;
    switch (kind & 7) {
      case Step.raw:
        this.#give(index, bytes, from);
        break;
      case Step.made: {
        // A datagram of the other side's with a good code.
        const out = new Uint8Array(PATH_DATAGRAM_BYTES);
        writePathDatagram(this.#suite, derivePathKeys(this.#suite, this.#key), out, {
          kind: one & 1 ? PathDatagramKind.answer : PathDatagramKind.check,
          isFromHost: (one & 2) !== 0 ? index === 0 : index !== 0,
          isInUse: (one & 4) !== 0,
          sequence: rest.reduce((sum, byte) => (sum << 8) | byte, 0) >>> 0,
          nonce: other,
        });
        this.#give(index, out, from);
        break;
      }
      case Step.tell:
        for (const at of [one, other, ...rest].slice(0, 40)) {
          const address = addressAt(at);
          this.#told[index]!.add(key(address));
          agent.addRemote([{ kind: KINDS[at % KINDS.length]!, ...address }], this.now);
        }
        break;
      case Step.heard:
        this.#credit(index, from, PATH_DATAGRAM_BYTES);
        agent.heard(from, this.now);
        agent.sent(this.now);
        break;
      case Step.remove:
        agent.remove(from, this.now);
        break;
      case Step.restart:
        agent.restart(this.now);
        break;
      case Step.wait:
        this.pass(one * 20 * MILLISECOND);
        break;
      case Step.mute:
        this.#isMute = !this.#isMute;
    }
    this.exchange();
  }

  /** Carries what both say until nothing is left. */
  exchange(): void {
    for (let turns = 0; ; turns++) {
      assert.ok(turns < MAX_EXCHANGES, "they never fall silent");
      let said = false;
      for (const [index, agent] of this.agents.entries()) {
        const transmit = agent.pollTransmit(this.now);
        if (transmit !== undefined) {
          said = true;
          this.sent++;
          assert.equal(transmit.length, PATH_DATAGRAM_BYTES);
          const { address, port } = transmit;
          this.#spend(index, { address, port });
          // What was told to both works; the rest is nowhere.
          const isThere = this.#told.every((told) => told.has(key({ address, port })));
          if (isThere && !this.#isMute)
            this.#give(1 - index, transmit.bytes.slice(), { address, port });
        }
        while (agent.pollEvent() !== undefined) said = true;
        const learned = agent.paths.filter((one) => !this.#told[index]!.has(key(one.address)));
        assert.ok(learned.length <= PATH_BOUNDS.learned);
        assert.ok(agent.paths.length <= PATH_BOUNDS.told + PATH_BOUNDS.learned);
      }
      if (!said) return;
    }
  }

  /** Lets time pass, with every timer at its time. */
  pass(micros: number): void {
    const end = this.now + micros;
    for (let turns = 0; ; turns++) {
      const due = Math.min(...this.agents.map((agent) => agent.pollTimeout() ?? Infinity));
      if (due >= end) break;
      assert.ok(turns < 20 * MAX_EXCHANGES, "time does not move on");
      this.now = Math.max(this.now, Math.ceil(due));
      for (const agent of this.agents) agent.handleTimeout(this.now);
      this.exchange();
    }
    this.now = end;
  }

  #give(index: number, bytes: Uint8Array, from: Address): void {
    this.#credit(index, from, bytes.length);
    this.agents[index]!.receive(bytes, from, this.now);
  }

  #credit(index: number, from: Address, bytes: number): void {
    const credits = this.#credits[index]!;
    credits.set(key(from), (credits.get(key(from)) ?? 0) + bytes);
  }

  #spend(index: number, to: Address): void {
    const path = this.agents[index]!.paths.find(({ address }) => key(address) === key(to));
    if (this.#told[index]!.has(key(to)) || (path?.answers ?? 0) > 0) return;
    this.#credit(index, to, -PATH_DATAGRAM_BYTES);
    assert.ok(this.#credits[index]!.get(key(to))! >= 0, "more went out than came in");
  }
}

export const path: FuzzTarget = {
  name: "path",
  summary:
    "two agents that look for a path, and what peers and strangers send: bounded, never more out than in before proof",
  maxBytes: 600,
  run(input) {
    const scene = new Scene();
    let steps = 0;
    for (const { kind, bytes } of pieces(input)) {
      if (++steps > 48) break;
      scene.step(kind, bytes);
    }
    scene.pass(20 * SECOND);
    scene.sent = 0;
    scene.pass(60 * SECOND);
    // Each path once each 5 s at most, but for those of which nobody hears that they are in use.
    assert.ok(scene.sent <= 2 * 40 * 2 * 13 + 2 * 60, `${scene.sent} datagrams in a minute`);
    for (const agent of scene.agents) {
      agent[Symbol.dispose]();
      assert.equal(agent.pollTimeout(), undefined);
    }
  },
  seeds: () => {
    const at = (step: number, index: number, address: number) =>
      step | (index << 3) | (address << 4);
    const piece = (kind: number, ...bytes: number[]) => ({ kind, bytes: Uint8Array.from(bytes) });
    const told = [piece(at(Step.tell, 0, 0), 1, 2, 9, 10), piece(at(Step.tell, 1, 0), 1, 3, 9, 10)];
    const wait = (ticks: number) => piece(Step.wait, ticks);
    return [
      joinPieces([...told, wait(50)]),
      joinPieces([...told, wait(50), piece(Step.mute), piece(at(Step.heard, 0, 1)), wait(100)]),
      joinPieces([...told, wait(20), piece(at(Step.remove, 0, 1)), piece(Step.restart), wait(9)]),
      joinPieces([
        piece(at(Step.made, 0, 5), 0, 7, 0, 0, 0, 9),
        piece(at(Step.made, 1, 6), 4, 7, 0, 0, 1, 0),
        piece(at(Step.made, 1, 1), 1, 0, 0, 0, 0, 1),
        wait(3),
      ]),
      joinPieces([piece(at(Step.raw, 0, 4), ...new Uint8Array(32).fill(0x30)), wait(255)]),
    ];
  },
};
