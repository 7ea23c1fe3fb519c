import { randomBytes } from "node:crypto";
import type { RemoteInfo, Socket } from "node:dgram";
import type { ChangeRequest } from "../attributes.ts";
import { QUICK_STUN_TIMING, StunClient, type StunEvent, type StunTiming } from "../client.ts";
import type { TransportAddress } from "../transport-address.ts";
import { monotonicMicros } from "./clock.ts";
import { bindUdp, closeUdp } from "./udp.ts";

/** A client of its own for each question, so that two to one server are told apart. */
interface Question {
  readonly server: TransportAddress;
  readonly client: StunClient;
  readonly done: (event: StunEvent) => void;
}

/** One socket that asks any number of questions, each with a promise of its own. */
export class StunAsker implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #timing: StunTiming;
  readonly #questions = new Set<Question>();
  #timer: NodeJS.Timeout | undefined;
  #closed: Promise<void> | undefined;

  /** Rejects with StunError, also where the machine has not that family. */
  static async open(family: 4 | 6, timing: StunTiming = QUICK_STUN_TIMING): Promise<StunAsker> {
    return new StunAsker(await bindUdp(family === 6 ? "::" : "0.0.0.0", 0), timing);
  }

  private constructor(socket: Socket, timing: StunTiming) {
    this.#socket = socket;
    this.#timing = timing;
    socket.on("error", () => {});
    socket.on("message", (datagram: Uint8Array, from: RemoteInfo) => {
      const now = monotonicMicros();
      for (const { client } of this.#questions) client.receive(datagram, from, now);
      this.#drain();
    });
  }

  /** How the question ended; where the asker is closed before, it timed out. */
  ask(server: TransportAddress, change?: ChangeRequest): Promise<StunEvent> {
    const { promise, resolve: done } = Promise.withResolvers<StunEvent>();
    const random = (length: number): Uint8Array => randomBytes(length);
    const client = new StunClient({ randomBytes: random, timing: this.#timing });
    this.#questions.add({ server, client, done });
    client.query(server, monotonicMicros(), { change });
    if (this.#closed === undefined) this.#drain();
    else this.#giveUp();
    return promise;
  }

  /** Ends every question. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= closeUdp(this.#socket);
    this.#giveUp();
    return this.#closed;
  }

  #giveUp(): void {
    clearTimeout(this.#timer);
    for (const { server, done } of this.#questions)
      done({ type: "failed", server, reason: "timed-out", error: undefined });
    this.#questions.clear();
  }

  #drain(): void {
    clearTimeout(this.#timer);
    if (this.#closed !== undefined) return;
    let dueAt: number | undefined;
    for (const question of this.#questions) {
      const { client, done } = question;
      for (let next = client.pollTransmit(); next !== undefined; next = client.pollTransmit())
        // What is not sent is not answered, and ends in its time.
        this.#socket.send(next.bytes, next.to.port, next.to.address, () => {});
      const event = client.pollEvent();
      if (event !== undefined) {
        this.#questions.delete(question);
        done(event);
      } else dueAt = Math.min(dueAt ?? Number.POSITIVE_INFINITY, client.pollTimeout() ?? 0);
    }
    if (dueAt === undefined) return;
    const waitMs = Math.max(0, Math.ceil((dueAt - monotonicMicros()) / 1000));
    this.#timer = setTimeout(() => {
      for (const { client } of this.#questions) client.handleTimeout(monotonicMicros());
      this.#drain();
    }, waitMs);
  }
}
