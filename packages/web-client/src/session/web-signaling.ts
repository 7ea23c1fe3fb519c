import type { SignalingSocket } from "@wavry/gateway-client";
import { decodeWavryId } from "@wavry/rift-crypto";
import {
  decodeBase64url,
  encodeBase64url,
  openWebBody,
  signWebBodyLater,
  type Web,
  type WebAnswer,
  WebBodyError,
  type WebMessage,
  type WebWay,
} from "@wavry/signaling";
import { browserSuite } from "../browser-suite.ts";
import type { WebTransportTarget } from "../carriers/web-transport-carrier.ts";
import type { BrowserIdentity } from "../identity.ts";
import { ScreenError } from "../screen-error.ts";

/** Where a host can be reached, as it has signed it. */
export interface WebPlaces {
  readonly webTransport: WebTransportTarget | undefined;
  readonly webRtc: WebRtcPlace | undefined;
}

/** A host's WebRTC end. */
export interface WebRtcPlace {
  /** Of the offer that it belongs to; our description and candidates name it. */
  readonly nonce: string;
  readonly sdp: string;
  readonly iceServers: readonly RTCIceServer[];
}

/** Between whom and over what is spoken. */
export interface WebSignalingInit {
  readonly socket: SignalingSocket;
  readonly identity: BrowserIdentity;
  /** Of the gateway's session. */
  readonly session: string;
  /** The granted host's Wavry ID. */
  readonly host: string;
  /** The host found another address of its WebRTC end. */
  onCandidate(found: HostCandidate): void;
}

/** Where a host's WebRTC end may be, too. */
export interface HostCandidate {
  /** Of the offer that it belongs to; undefined: of the newest. */
  readonly nonce: string | undefined;
  readonly candidate: string;
  readonly mid: string;
}

const ANSWER_MILLIS = 10_000;

/**
 * What browser and host tell each other through the gateway, which passes it on (spec/web.md). Each message is signed by its
 * sender's identity key for this session; what is not signed by the granted host is refused before anything of it is
 * opened.
 */
export class WebSignaling implements Disposable {
  readonly #init: WebSignalingInit;
  readonly #listening: Disposable;
  readonly #hostKey: Uint8Array;
  #isUnanswered = false;
  #offer: { readonly nonce: string; readonly places: PromiseWithResolvers<WebPlaces> } | undefined;

  constructor(init: WebSignalingInit) {
    this.#init = init;
    const key = decodeWavryId(init.host);
    if (key === undefined) throw new TypeError("the host has no Wavry ID");
    this.#hostKey = key;
    this.#listening = init.socket.on("web", (web) => {
      if (web.session === init.session) this.#take(web);
    });
  }

  /** Whether the host said nothing to the last offer. */
  get isUnanswered(): boolean {
    return this.#isUnanswered;
  }

  /**
   * Asks the host where it can be reached. Rejects with ScreenError: "wrong-identity" where the answer is not the granted
   * host's, "unreachable" without one, "aborted".
   */
  async offer(wants: readonly WebWay[], signal: AbortSignal): Promise<WebPlaces> {
    const nonce = encodeBase64url(browserSuite.randomBytes(16));
    const places = Promise.withResolvers<WebPlaces>();
    places.promise.catch(() => {});
    this.#offer?.places.reject(new ScreenError("aborted", "another offer was made"));
    this.#offer = { nonce, places };
    const abort = (): void => places.reject(new ScreenError("aborted", "given up"));
    signal.addEventListener("abort", abort, { once: true });
    this.#isUnanswered = false;
    const timer = setTimeout(() => {
      this.#isUnanswered = true;
      places.reject(new ScreenError("unreachable", "the host does not answer"));
    }, ANSWER_MILLIS);
    try {
      if (signal.aborted) abort();
      else await this.#send({ kind: "offer", value: { v: 1, nonce, wants: [...wants] } });
      return await places.promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  /** Tells the host our SDP answer to its offer. */
  sendDescription(nonce: string, sdp: string): void {
    this.#send({ kind: "candidate", value: { v: 1, nonce, sdp } }).catch(ignore);
  }

  /** Tells the host an address of our WebRTC end. */
  sendCandidate(nonce: string, candidate: string, mid: string): void {
    this.#send({ kind: "candidate", value: { v: 1, nonce, candidate, mid } }).catch(ignore);
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#offer?.places.reject(new ScreenError("aborted", "the session is over"));
    this.#offer = undefined;
  }

  async #send(message: WebMessage): Promise<void> {
    const { socket, identity, session, host } = this.#init;
    const parties = { session, sender: identity.wavryId, receiver: host };
    const body = await signWebBodyLater(message, parties, (bytes) => identity.sign(bytes));
    socket.sendWeb(session, message.kind, body);
  }

  #take(web: Web): void {
    const { identity, session, host, onCandidate } = this.#init;
    const parties = { session, sender: host, receiver: identity.wavryId };
    let message: WebMessage;
    try {
      message = openWebBody(web, parties, (bytes, signature) =>
        browserSuite.ed25519Verify(this.#hostKey, bytes, signature),
      );
    } catch (error) {
      if (!(error instanceof WebBodyError)) throw error;
      // A text in no known form may be a later host's; one that is not signed by this host is an attack.
      if (error.code === "wrong-identity")
        this.#offer?.places.reject(
          new ScreenError("wrong-identity", `${error.message}: nothing of it was opened`, {
            cause: error,
          }),
        );
      return;
    }
    if (message.kind === "answer") this.#takeAnswer(message.value);
    else if (message.kind === "candidate" && "candidate" in message.value) {
      const { nonce, candidate, mid } = message.value;
      onCandidate({ nonce, candidate, mid });
    }
  }

  #takeAnswer({ nonce, webtransport, webrtc }: WebAnswer): void {
    // Renewed certificates come with no nonce: who needs them then asks anew.
    if (this.#offer === undefined || nonce !== this.#offer.nonce) return;
    this.#offer.places.resolve({
      webTransport: webtransport && {
        ...webtransport,
        certificates: webtransport.certificates.flatMap((hash) => decodeBase64url(hash) ?? []),
      },
      webRtc: webrtc && { nonce, sdp: webrtc.sdp, iceServers: webrtc.iceServers ?? [] },
    });
  }
}

function ignore(): void {}
