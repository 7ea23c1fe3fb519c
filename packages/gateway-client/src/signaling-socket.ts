import {
  ACKNOWLEDGE_EVERY,
  type Candidate,
  CloseCode,
  type Decision,
  type Granted,
  type HostPresence,
  isFinalClose,
  type NumberedClientMessage,
  type NumberedServerMessage,
  Outbox,
  type RelayMeasurement,
  type RelayQuality,
  relayReportProof,
  type ServerMessage,
  type SocketError,
  type Unnumbered,
  type Web,
  type Welcome,
} from "@wavry/signaling";
import { base64url } from "jose";
import { BackOff } from "./back-off.ts";
import { Events } from "./events.ts";
import { GatewayError } from "./gateway-error.ts";
import { Link } from "./link.ts";
import { Requests } from "./requests.ts";
import type { SignalingEnd, SignalingEvents, SignalingOptions } from "./signaling-options.ts";

/** What a client asks for. */
export interface ConnectWish {
  /** A host's Wavry ID, */
  readonly host?: string | undefined;
  /** or a share link's token; a guest needs neither. */
  readonly share?: string | undefined;
  /** Where the client can be reached. */
  readonly candidates?: readonly Candidate[];
  readonly signal?: AbortSignal | undefined;
}

/** What is said about relays: how far they are, and what is wanted. */
export interface RelayWish {
  readonly measured?: readonly RelayMeasurement[];
  /** The next lease at the relay in use. */
  readonly renew?: true | undefined;
  /** Relays that do not work: their Wavry IDs. */
  readonly avoid?: readonly string[] | undefined;
}

/** The version of the protocol that has relays. */
const RELAYS_SINCE = 2;
/** Requests that may wait for their errors. */
const MAX_RELAY_REQUESTS = 64;

/** What a host tells of itself. */
export type PresenceFacts = Pick<HostPresence, "capabilities" | "monitors" | "candidates">;

/**
 * A device's connection to its gateway. It begins at once, comes back by itself with what was not delivered, and ends when
 * it is disposed, aborted, or refused by the gateway: `closed` tells which.
 */
export class SignalingSocket implements Disposable {
  readonly closed: Promise<SignalingEnd>;
  readonly #options: SignalingOptions;
  readonly #instance: string = base64url.encode(crypto.getRandomValues(new Uint8Array(16)));
  readonly #events = new Events<SignalingEvents>();
  readonly #requests = new Requests();
  readonly #backOff: BackOff;
  readonly #end: (end: SignalingEnd) => void;
  readonly #onAbort = () => this.#close({ cause: "aborted", code: 0, reason: "" });
  #outbox = new Outbox<NumberedClientMessage>();
  #received = 0;
  #sinceAcknowledged = 0;
  #resume: string | undefined;
  #presence: PresenceFacts | undefined;
  #link: Link | undefined;
  #connected = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasRelays = false;
  /** Of which sessions they are. */
  readonly #relayRequests = new Map<string, string>();
  #over = false;

  constructor(options: SignalingOptions) {
    const { promise, resolve } = Promise.withResolvers<SignalingEnd>();
    this.closed = promise;
    this.#end = resolve;
    this.#options = options;
    this.#backOff = new BackOff(options.backOff);
    if (options.signal?.aborted) this.#onAbort();
    else {
      options.signal?.addEventListener("abort", this.#onAbort, { once: true });
      this.#open();
    }
  }

  /** True while the gateway hears us. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Hears an event until disposed. */
  on<K extends keyof SignalingEvents>(
    name: K,
    listener: (event: SignalingEvents[K]) => void,
  ): Disposable {
    return this.#events.on(name, listener);
  }

  /**
   * Asks for a session. Rejects with GatewayError: "no-grant", "host-offline", "too-many-requests", "timeout", "aborted",
   * "closed" and others. The host's keys are for the caller to check (checkSessionPeer).
   */
  async connect({ host, share, candidates = [], signal }: ConnectWish): Promise<Granted> {
    const request = base64url.encode(crypto.getRandomValues(new Uint8Array(16)));
    this.#send({
      type: "connect",
      request,
      candidates: [...candidates],
      ...(host !== undefined && { host }),
      ...(share !== undefined && { share }),
    });
    return this.#requests.wait(request, signal);
  }

  /**
   * Asks for a relay for a session, or tells how far relays are; the answer is the event "relay" or "relayRefused". Nothing of it is told to
   * a gateway that has no relays.
   */
  requestRelay(session: string, wish: RelayWish): void {
    if (!this.#hasRelays) return;
    const request = base64url.encode(crypto.getRandomValues(new Uint8Array(16)));
    const { measured = [], avoid = [], renew } = wish;
    this.#send({
      ...{ type: "relay-request", request, session, measured: [...measured] },
      ...(avoid.length > 0 && { avoid: [...avoid] }),
      ...(renew === true && { renew }),
    });
    if (this.#relayRequests.size >= MAX_RELAY_REQUESTS) this.#relayRequests.clear();
    this.#relayRequests.set(request, session);
  }

  /** Tells how a relay did for a session, signed by this device. Rejects with GatewayError "closed" or "busy". */
  async reportRelay(session: string, relay: string, quality: RelayQuality): Promise<void> {
    if (!this.#hasRelays) return;
    const { device, issuer } = this.#options;
    const proof = relayReportProof({ gateway: issuer, session, relay, ...quality });
    const signature = base64url.encode(await device.sign(proof));
    this.#send({ type: "relay-report", session, relay, ...quality, signature });
  }

  /** Hosts: tells what the host can do and where it is, now and after each loss. */
  setPresence(presence: PresenceFacts): void {
    this.#presence = presence;
    if (this.#connected) this.#send({ type: "presence", ...presence });
  }

  /** Tells the other side more addresses of ours. */
  sendCandidates(session: string, candidates: readonly Candidate[]): void {
    const told = this.#hasRelays ? candidates : candidates.filter(({ kind }) => kind !== "mapped");
    if (told.length > 0) this.#send({ type: "candidates", session, candidates: [...told] });
  }

  /** Tells the other side what a browser's session is set up by. */
  sendWeb(session: string, kind: Web["kind"], body: string): void {
    this.#send({ type: "web", session, kind, body });
  }

  /** Hosts: tells the client how it is taken. */
  decide(session: string, decision: Decision["decision"]): void {
    this.#send({ type: "decision", session, decision });
  }

  /** Hosts: a session began. */
  sessionStarted(session: string): void {
    this.#send({ type: "session-started", session });
  }

  /** A session is over, or is not to begin; `reason` is kebab-case. */
  sessionEnded(session: string, reason: string): void {
    this.#send({ type: "session-ended", session, reason });
  }

  /** The network may be another: a connection that shows no life soon is made anew, and nothing is lost by it. */
  check(): void {
    this.#link?.check();
  }

  /** Leaves for good. The gateway takes the device as gone. */
  [Symbol.dispose](): void {
    this.#close({ cause: "disposed", code: CloseCode.done, reason: "" });
  }

  #send(message: Unnumbered<NumberedClientMessage>): void {
    if (this.#over) throw new GatewayError("closed", "the connection to the gateway is closed");
    const text = this.#outbox.push(message);
    if (text === undefined)
      throw new GatewayError("busy", "too much waits for the gateway already; try again later");
    if (this.#connected) this.#link?.send(text);
    this.#count();
  }

  #open(): void {
    const { runningSessions } = this.#options;
    const resume = this.#resume;
    const facts = {
      instance: this.#instance,
      sessions: [...(runningSessions?.() ?? [])],
      ...(resume !== undefined && { resume: { token: resume, received: this.#received } }),
    };
    const link: Link = new Link(this.#options, facts, {
      onWelcome: (welcome) => this.#onWelcome(welcome),
      onMessage: (message, text) => this.#onMessage(message, text),
      received: () => this.#received,
      onClosed: (code, reason) => {
        if (this.#link === link) this.#onClosed(code, reason);
      },
    });
    this.#link = link;
  }

  #onWelcome({ resume, resumed, received }: Welcome): void {
    this.#resume = resume;
    this.#hasRelays = (this.#link?.protocol ?? 1) >= RELAYS_SINCE;
    this.#backOff.reset();
    this.#sinceAcknowledged = 0;
    if (resumed) this.#outbox.acknowledge(received);
    else this.#startAnew();
    this.#connected = true;
    for (const text of this.#outbox.waiting()) this.#link?.send(text);
    this.#events.emit("connected", { resumed });
  }

  /** The gateway counts from 1 again: what it may not have is sent once more, under new numbers. */
  #startAnew(): void {
    const waiting = this.#outbox.waiting();
    this.#outbox = new Outbox();
    this.#received = 0;
    if (this.#presence !== undefined) this.#outbox.push({ type: "presence", ...this.#presence });
    for (const text of waiting) {
      const { seq: _, ...message } = JSON.parse(text) as NumberedClientMessage;
      if (message.type !== "presence")
        this.#outbox.push(message as Unnumbered<NumberedClientMessage>);
    }
  }

  #onMessage(message: ServerMessage | undefined, text: string): void {
    if (message?.type === "pong") {
      if (!this.#outbox.acknowledge(message.received)) this.#fail();
      return;
    }
    // A message of a later gateway has its number too, and is left out.
    const seq = message === undefined ? numberOf(text) : "seq" in message ? message.seq : undefined;
    if (seq === undefined || seq > this.#received + 1) return this.#fail();
    if (seq <= this.#received) return;
    this.#received = seq;
    this.#count();
    if (message !== undefined && "seq" in message) this.#take(message);
  }

  #take(message: NumberedServerMessage): void {
    switch (message.type) {
      case "granted":
        // Nobody waits for it any more: the host need not either.
        if (!this.#requests.granted(message))
          this.#send({ type: "session-ended", session: message.session, reason: "given-up" });
        return;
      case "error":
        return this.#failed(message);
      case "session-ended":
        return this.#events.emit("sessionEnded", message);
      case "end-session":
        return this.#events.emit("endSession", message);
      case "rights-changed":
        return this.#events.emit("rightsChanged", message);
      case "incoming":
        return this.#events.emit("incoming", message);
      case "candidates":
        return this.#events.emit("candidates", message);
      case "decision":
        return this.#events.emit("decision", message);
      case "web":
        return this.#events.emit("web", message);
      case "relay":
        this.#relayRequests.delete(message.request ?? "");
        return this.#events.emit("relay", message);
    }
  }

  #failed(error: SocketError): void {
    if (this.#requests.failed(error)) return;
    const session = this.#relayRequests.get(error.request ?? "");
    if (session === undefined) return this.#events.emit("failed", error);
    this.#relayRequests.delete(error.request ?? "");
    this.#events.emit("relayRefused", { session, code: error.code });
  }

  /** Lets both sides forget what has come, before too much waits. */
  #count(): void {
    if (!this.#connected || ++this.#sinceAcknowledged < ACKNOWLEDGE_EVERY) return;
    this.#sinceAcknowledged = 0;
    this.#link?.ping();
  }

  /** The gateway speaks otherwise than it may: nothing is to be gone on with. */
  #fail(): void {
    this.#resume = undefined;
    this.#link?.close(CloseCode.badMessage, "bad message");
  }

  #onClosed(code: number, reason: string): void {
    this.#connected = false;
    this.#link = undefined;
    if (isFinalClose(code)) return this.#close({ cause: "refused", code, reason });
    const retryInMillis = this.#backOff.next();
    this.#timer = setTimeout(() => this.#open(), retryInMillis);
    this.#events.emit("disconnected", { code, reason, retryInMillis });
  }

  #close(end: SignalingEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#connected = false;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    const link = this.#link;
    this.#link = undefined;
    link?.close(CloseCode.done, "done");
    this.#requests.close();
    this.#end(end);
  }
}

function numberOf(text: string): number | undefined {
  try {
    const { seq } = JSON.parse(text) as { seq?: unknown };
    return Number.isSafeInteger(seq) ? (seq as number) : undefined;
  } catch {
    return undefined;
  }
}
