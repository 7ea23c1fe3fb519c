import { SECOND } from "@wavry/rift-core";
import { createIdentity, decodeWavryId, type Identity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { Endpoint } from "@wavry/rift-session";
import { type RiftConnection, SessionDriver } from "@wavry/rift-session/driver";
import { monotonicMicros } from "@wavry/rift-udp";
import { openWebBody, signWebBody, type WebAnswer, type WebMessage } from "@wavry/signaling";
import type { Guest } from "../../src/guests.ts";
import type { WebSignal } from "../../src/web/web-options.ts";

const HOST_ADDRESS = { address: "100::1", port: 1 };

/** What a guest's browser does, in Node: it signs, checks, and speaks RIFT over whatever pipe it is given. */
export class Browser implements AsyncDisposable {
  readonly identity: Identity = createIdentity(suite);
  readonly session: string;
  readonly hostId: string;
  /** What the host said, as it was signed. */
  readonly heard: WebMessage[] = [];
  readonly #driver: SessionDriver;
  #pipe: ((datagram: Uint8Array) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(session: string, hostId: string) {
    this.session = session;
    this.hostId = hostId;
    this.#driver = new SessionDriver({
      endpoint: new Endpoint({ suite, identity: this.identity, now: monotonicMicros() }),
      now: monotonicMicros,
      send: (bytes, length) => this.#pipe?.(bytes.slice(0, length)),
      setTimer: (at, now) => {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#driver.handleTimer(), Math.max(0, at - now) / 1000);
      },
    });
  }

  /** What its grant says. */
  guest(change: Partial<Guest> = {}): Guest {
    const now = monotonicMicros();
    const { wavryId, staticKey } = this.identity;
    return {
      ...{ sessionId: this.session, wavryId, staticKey, name: "Ada", ask: false },
      rights: new Set(["view", "control"]),
      admitUntil: now + 60 * SECOND,
      endsAt: now + 3600 * SECOND,
      ...change,
    };
  }

  /** A message of ours; `signer` signs instead. */
  signal(message: WebMessage, signer: Identity = this.identity): WebSignal {
    const parties = {
      ...{ session: this.session, sender: this.identity.wavryId, receiver: this.hostId },
    };
    const body = signWebBody(message, parties, (bytes) =>
      suite.ed25519Sign(signer.identitySeed, bytes),
    );
    return { session: this.session, kind: message.kind, body };
  }

  offer(nonce: string, ...wants: string[]): WebSignal {
    return this.signal({ kind: "offer", value: { v: 1, nonce: nonce.padEnd(22, "n"), wants } });
  }

  /** Takes what the host says. Throws WebBodyError where it was not signed by this host for us. */
  hear(signal: WebSignal): void {
    if (signal.session !== this.session) return;
    const parties = {
      ...{ session: this.session, sender: this.hostId, receiver: this.identity.wavryId },
    };
    const key = decodeWavryId(this.hostId)!;
    this.heard.push(
      openWebBody(signal, parties, (bytes, signature) =>
        suite.ed25519Verify(key, bytes, signature),
      ),
    );
  }

  /** The newest answer. */
  get answer(): WebAnswer | undefined {
    return this.answers.at(-1);
  }

  get answers(): WebAnswer[] {
    return this.heard.flatMap(({ kind, value }) => (kind === "answer" ? [value] : []));
  }

  /** Sends by this pipe from now on. */
  use(pipe: (datagram: Uint8Array) => void): void {
    this.#pipe = pipe;
  }

  /** A datagram came by a pipe. */
  receive(datagram: Uint8Array): void {
    this.#driver.receive(datagram, HOST_ADDRESS);
  }

  connect(staticKey: Uint8Array, timeoutMicros?: number): Promise<RiftConnection> {
    return this.#driver.connect({
      addresses: [HOST_ADDRESS],
      remote: { wavryId: this.hostId, staticKey },
      timeoutMicros,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#driver[Symbol.dispose]();
    clearTimeout(this.#timer);
  }
}
