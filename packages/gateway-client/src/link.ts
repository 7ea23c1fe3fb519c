import {
  bindProof,
  type Challenge,
  CloseCode,
  type Hello,
  MAX_SOCKET_MESSAGE_BYTES,
  readServerMessage,
  type ServerMessage,
  SIGNALING_PROTOCOL,
  type Welcome,
} from "@wavry/signaling";
import { base64url } from "jose";
import type { SignalingOptions } from "./signaling-options.ts";

/** A gateway that does not say welcome by then is not there. */
const WELCOME_MS = 10_000;
/** Nor one that is asked whether it is, and says nothing for so long. */
const CHECK_MS = 1_500;
/** Pings without any answer. */
const MAX_SILENT_PINGS = 2;

/** What a link tells; called until `onClosed`, which comes once. */
export interface LinkEvents {
  readonly onWelcome: (welcome: Welcome) => void;
  /** Any message after `welcome`; undefined for what cannot be read. */
  readonly onMessage: (message: ServerMessage | undefined, text: string) => void;
  /** The `seq` of the last message that came, for pings. */
  readonly received: () => number;
  readonly onClosed: (code: number, reason: string) => void;
}

/** What a hello says beside the device and its proof. */
export type HelloFacts = Pick<Hello, "instance" | "sessions" | "resume">;

/** One WebSocket to the gateway, from challenge to close. */
export class Link {
  #protocol = 1;
  readonly #socket: WebSocket;
  readonly #options: SignalingOptions;
  readonly #facts: HelloFacts;
  readonly #events: LinkEvents;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #state: "greeting" | "open" | "closed" = "greeting";
  #silentPings = 0;
  #checking: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SignalingOptions, facts: HelloFacts, events: LinkEvents) {
    this.#options = options;
    this.#facts = facts;
    this.#events = events;
    const url = new URL(options.url);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.pathname = `${url.pathname.replace(/\/+$/, "")}/ws`;
    this.#socket = new WebSocket(url);
    this.#timer = setTimeout(() => this.close(CloseCode.timeout, "no welcome"), WELCOME_MS);
    this.#socket.onmessage = ({ data }) => this.#onText(data);
    this.#socket.onclose = ({ code, reason }) => this.#closed(code, reason);
    // What failed is told by "close", which follows.
    this.#socket.onerror = () => {};
  }

  /** The version that both speak; known once the device is in. */
  get protocol(): number {
    return this.#protocol;
  }

  /** Sends, if the device is in. */
  send(text: string): void {
    if (this.#state === "open" && this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(text);
  }

  /** Says what came, and asks what came at the gateway. */
  ping(): void {
    this.send(JSON.stringify({ type: "ping", received: this.#events.received() }));
  }

  /** Closes it unless the gateway answers a ping soon. */
  check(): void {
    if (this.#state !== "open" || this.#checking !== undefined) return;
    this.#checking = setTimeout(() => this.close(CloseCode.timeout, "silent"), CHECK_MS);
    this.ping();
  }

  /** Closes at once, as far as this side is concerned. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    this.#closed(code, reason);
  }

  #onText(data: unknown): void {
    if (this.#state === "closed") return;
    if (typeof data !== "string" || data.length > MAX_SOCKET_MESSAGE_BYTES)
      return this.close(CloseCode.badMessage, "bad message");
    this.#silentPings = 0;
    const message = readServerMessage(data);
    if (message?.type === "pong") {
      clearTimeout(this.#checking);
      this.#checking = undefined;
    }
    if (this.#state === "open") return this.#events.onMessage(message, data);
    if (message?.type === "challenge") void this.#greet(message);
    else if (message?.type === "welcome") this.#open(message);
    else this.close(CloseCode.badMessage, "welcome expected");
  }

  async #greet(challenge: Challenge): Promise<void> {
    try {
      const hello = JSON.stringify(await this.#hello(challenge));
      if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(hello);
    } catch {
      this.close(CloseCode.badMessage, "no proof");
    }
  }

  async #hello({ nonce, protocol }: Challenge): Promise<Hello> {
    const { issuer, device, role, credentials } = this.#options;
    const { wavryId, staticKey, certificate } = device;
    const proof = bindProof({ gateway: issuer, nonce, wavryId, role });
    const spoken = protocol >= SIGNALING_PROTOCOL ? SIGNALING_PROTOCOL : 1;
    this.#protocol = spoken;
    return {
      type: "hello",
      protocol: spoken,
      role,
      device: wavryId,
      signature: base64url.encode(await device.sign(proof)),
      ...this.#facts,
      ...(credentials.kind === "token" && { token: credentials.token }),
      ...(credentials.kind === "guest" && {
        guest: { share: credentials.share, name: credentials.name, staticKey, certificate },
      }),
    };
  }

  #open(welcome: Welcome): void {
    clearTimeout(this.#timer);
    this.#state = "open";
    this.#timer = setInterval(() => {
      if (this.#silentPings >= MAX_SILENT_PINGS) this.close(CloseCode.timeout, "silent");
      else {
        this.#silentPings++;
        this.ping();
      }
    }, welcome.pingSeconds * 1_000);
    this.#events.onWelcome(welcome);
  }

  #closed(code: number, reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#timer);
    clearTimeout(this.#checking);
    this.#events.onClosed(code, reason);
  }
}
