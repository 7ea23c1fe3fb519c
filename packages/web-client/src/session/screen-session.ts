import { GatewayError } from "@wavry/gateway-client";
import { CloseReason, type CursorPosition, closeReasonName, type Size } from "@wavry/rift-core";
import type { CursorShape } from "@wavry/rift-core/control";
import type { Right, WebWay } from "@wavry/signaling";
import type { InputEvent } from "../input/index.ts";
import { PinnedHosts } from "../pinned-hosts.ts";
import { describeError, ScreenError } from "../screen-error.ts";
import type {
  ScreenConnection,
  ScreenEnd,
  ScreenMonitor,
  ScreenNotice,
  ScreenState,
} from "../screen-types.ts";
import type { PictureReport, ScreenStage } from "../show/picture-messages.ts";
import { GatewaySeat, isPassing } from "./gateway-seat.ts";
import type { StreamWishes, WorkerFigures, WorkerReport } from "./messages.ts";
import { closeRoute, findRoute, type Route } from "./route.ts";
import type { RtcLink } from "./rtc-link.ts";
import { SessionThreads } from "./session-threads.ts";
import type { HostCandidate } from "./web-signaling.ts";

/** What a host tells of itself. */
export interface HostFacts {
  readonly name: string;
  readonly monitors: readonly ScreenMonitor[];
  /** It takes text that no key makes. */
  readonly takesText: boolean;
  readonly takesGamepads: boolean;
}

/** What a session tells the element that shows it. */
export interface ScreenSessionEvents {
  onState(state: ScreenState): void;
  /** Another transport is in use; `video` shows what comes by a track, undefined: all is on the canvas. */
  onRoute(route: Route | undefined): void;
  onWelcome(host: HostFacts): void;
  onRights(rights: readonly Right[]): void;
  onNotice(notice: ScreenNotice): void;
  onScreenSize(size: Size): void;
  /** The stage's video is to be uncovered with its next picture; `onShown` is to be called then. */
  onMotion(run: number, onShown: (run: number) => void): void;
  /** Its canvas shows the same as the video of this run. */
  onRest(run: number): void;
  onCursorShape(shape: CursorShape): void;
  onCursorPosition(position: CursorPosition): void;
  onFigures(figures: WorkerFigures): void;
  onEnded(end: ScreenEnd): void;
}

/** How a session is made. */
export interface ScreenSessionInit {
  readonly connection: ScreenConnection;
  /** Taken over. */
  readonly stage: ScreenStage;
  readonly wishes: Omit<StreamWishes, "videoTrack">;
  readonly events: ScreenSessionEvents;
}

/** A handshake over a path that works takes a few round trips. */
const HANDSHAKE_MICROS = 3_000_000;
/** How long a connection that is moved to another carrier may take before another is made beside it. */
const MOVE_MILLIS = 800;
/** So long after a handshake began, a connection that was replaced was replaced by it. */
const OWN_ATTEMPT_MILLIS = 10_000;
/** How long we try to get back to a host. */
const RECONNECT_MILLIS = 120_000;
const RECONNECT_PAUSE_MILLIS = 500;
/** Failures that another try does not mend. */
const FINAL_CODES: readonly string[] = [
  "wrong-identity",
  "key-changed",
  "refused",
  "unsupported-browser",
  "identity-failed",
  "failed",
];
/** The gateway's failures that pass. */
const PASSING_CODES: readonly string[] = [
  "host-offline",
  "peer-offline",
  "timeout",
  "busy",
  "too-many-requests",
  "internal",
  "unreachable",
];

/** A host's screen from the wish to see it to the end, through changes of transport and lost connections. */
export class ScreenSession {
  readonly #init: ScreenSessionInit;
  readonly #threads: SessionThreads;
  readonly #pins = new PinnedHosts();
  readonly #abort = new AbortController();
  readonly #welcomed = Promise.withResolvers<void>();
  #wishes: Omit<StreamWishes, "videoTrack">;
  #state: ScreenState = "connecting";
  #seat: GatewaySeat | undefined;
  #route: Route | undefined;
  /** The newest WebRTC connection, and the host's candidates that came before one of their offer. */
  #link: { readonly nonce: string; readonly link: RtcLink } | undefined;
  #candidates: HostCandidate[] = [];
  /** WebTransport connected, and yet no datagram came through. */
  #distrustsWebTransport = false;
  /** A connection of RIFT's is open, moved or not. */
  #hasConnection = false;
  #isWelcome = false;
  /** The host said that it goes down, and has not been back yet. */
  #isHostDown = false;
  /** Whether pictures can be decoded from packets. */
  #decodes: Promise<boolean>;
  #searching: AbortController | undefined;
  #onHandshake: PromiseWithResolvers<void> | undefined;
  /** When the last handshake began that has led to nothing yet. */
  #attemptedAt = Number.NEGATIVE_INFINITY;
  #ended = false;

  constructor(init: ScreenSessionInit) {
    this.#init = init;
    this.#wishes = init.wishes;
    this.#threads = new SessionThreads(init.connection.identity.sessionIdentity, init.stage);
    this.#threads.onReport = (report) => this.#take(report);
    this.#decodes = this.#threads.codecs.then((codecs) => codecs.includes("h264"));
    this.#decodes.catch(() => {});
    const { signal } = init.connection;
    signal?.addEventListener("abort", () => this.stop(), { once: true });
    this.#welcomed.promise.catch(() => {});
  }

  /** The gateway's session, for `runningSessions` of the socket. */
  get id(): string | undefined {
    return this.#seat?.isOver === false ? this.#seat.id : undefined;
  }

  /** Connects; resolves once the host has let us in. Rejects with ScreenError or GatewayError. */
  async connect(): Promise<void> {
    if (this.#init.connection.signal?.aborted === true) this.stop();
    try {
      await this.#reach(this.#abort.signal).catch((error: unknown) => {
        if (!this.#distrustsWebTransport || this.#ended) throw error;
        return this.#reach(this.#abort.signal);
      });
    } catch (error) {
      this.#end(describeError(error), error);
    }
    await this.#welcomed.promise;
  }

  /** Asks for another stream. */
  setWishes(wishes: Omit<StreamWishes, "videoTrack">): void {
    this.#wishes = wishes;
    if (this.#hasConnection) this.#threads.send({ type: "wishes", wishes: this.#allWishes() });
  }

  /** Sends input at once. */
  sendInput(events: readonly InputEvent[]): void {
    this.#threads.send({ type: "input", events });
  }

  /** What the canvas shows. */
  snapshot(): Promise<ImageBitmap | undefined> {
    return this.#threads.snapshot();
  }

  /** Releases everything and says goodbye. Idempotent. */
  stop(): void {
    this.#end({ code: "disconnected", message: "disconnected" }, undefined);
  }

  #allWishes(): StreamWishes {
    return { ...this.#wishes, videoTrack: this.#route?.videoTrack === true };
  }

  #setState(state: ScreenState): void {
    if (this.#ended || state === this.#state) return;
    this.#state = state;
    this.#init.events.onState(state);
  }

  /** Makes a connection, or brings the one that there is over another carrier. */
  async #reach(signal: AbortSignal): Promise<void> {
    const { socket, iceServers, iceTransportPolicy } = this.#init.connection;
    const seat = await this.#takeSeat(signal);
    this.#candidates = [];
    const route = await findRoute({
      threads: this.#threads,
      signaling: seat.signaling,
      allowed: this.#allowed(),
      decodes: this.#decodes,
      iceServers: iceServers ?? (async () => []),
      iceTransportPolicy,
      onLink: (nonce, link) => this.#takeLink(nonce, link),
      signal,
    }).catch((error: unknown) => {
      // A host that was started anew knows nothing of this session: the next try asks for another one.
      if (seat.signaling.isUnanswered && socket.connected) seat[Symbol.dispose]();
      throw error;
    });
    if (signal.aborted) {
      closeRoute(this.#threads, route);
      throw new ScreenError("aborted", "given up");
    }
    const before = this.#route;
    this.#useRoute(route);
    if (before !== undefined) closeRoute(this.#threads, before);
    if (this.#hasConnection && (await this.#moved(signal))) {
      this.#threads.send({ type: "wishes", wishes: this.#allWishes() });
      return;
    }
    try {
      await this.#handshake(seat, signal);
    } catch (error) {
      this.#distrustsWebTransport =
        route.transport !== "webrtc" && describeError(error).code === "unreachable";
      throw error;
    }
  }

  #allowed(): readonly WebWay[] {
    const { transports = ["webtransport", "webrtc"] } = this.#init.connection;
    if (!this.#distrustsWebTransport || !transports.includes("webrtc")) return transports;
    // The next time it may work again.
    this.#distrustsWebTransport = false;
    return ["webrtc"];
  }

  async #takeSeat(signal: AbortSignal): Promise<GatewaySeat> {
    if (this.#seat?.isOver === false) return this.#seat;
    this.#seat?.[Symbol.dispose]();
    const seat = await GatewaySeat.take(
      this.#init.connection,
      this.#pins,
      {
        onDecision: (decision) => this.#onDecision(decision),
        onEnded: (reason) => this.#onSeatEnded(reason),
        onCandidate: (found) => this.#takeCandidate(found),
      },
      signal,
    );
    if (this.#ended) {
      seat[Symbol.dispose]();
      throw new ScreenError("aborted", "given up");
    }
    this.#seat = seat;
    this.#init.events.onRights(seat.rights);
    if (seat.ask && !this.#isWelcome) this.#setState("waiting-for-consent");
    return seat;
  }

  #takeLink(nonce: string, link: RtcLink): void {
    this.#link = { nonce, link };
    for (const found of this.#candidates) this.#takeCandidate(found);
    this.#candidates = [];
  }

  #takeCandidate(found: HostCandidate): void {
    const { nonce, candidate, mid } = found;
    const made = this.#link;
    if (made !== undefined && (nonce === undefined || nonce === made.nonce))
      made.link.addCandidate(candidate, mid);
    else if (this.#candidates.length < MAX_CANDIDATES) this.#candidates.push(found);
  }

  #useRoute(route: Route): void {
    this.#route = route;
    this.#threads.send({ type: "use-carrier", carrier: route.carrier });
    void route.link?.closed.then(() => {
      if (this.#route === route) this.#recover("the WebRTC connection was lost");
    });
    this.#init.events.onRoute(route);
  }

  /** Whether the connection goes on over the carrier that was put in use. */
  async #moved(signal: AbortSignal): Promise<boolean> {
    const handshake = this.#expect(signal);
    const timer = setTimeout(() => handshake.reject(new Error("not moved")), MOVE_MILLIS);
    try {
      await handshake.promise;
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  async #handshake(seat: GatewaySeat, signal: AbortSignal): Promise<void> {
    const codecs = await this.#threads.codecs;
    const handshake = this.#expect(signal);
    this.#attemptedAt = performance.now();
    this.#threads.send({
      type: "connect",
      wavryId: seat.wavryId,
      staticKey: seat.staticKey,
      deviceName: this.#init.connection.deviceName,
      patches: true,
      codecs,
      wishes: this.#allWishes(),
      timeoutMicros: HANDSHAKE_MICROS,
    });
    await handshake.promise;
  }

  /** What the next handshake, or move, leads to. */
  #expect(signal: AbortSignal): PromiseWithResolvers<void> {
    const handshake = Promise.withResolvers<void>();
    handshake.promise.catch(() => {});
    const abort = (): void => handshake.reject(new ScreenError("aborted", "given up"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    this.#onHandshake = handshake;
    return handshake;
  }

  /** Finds another way to the host, again and again, until that works or is no use any more. */
  #recover(reason: string): void {
    if (this.#ended || this.#searching !== undefined || !this.#isWelcome) {
      this.#onHandshake?.reject(new ScreenError("unreachable", reason));
      return;
    }
    const searching = new AbortController();
    this.#searching = searching;
    this.#setState("reconnecting");
    void this.#search(reason, AbortSignal.any([searching.signal, this.#abort.signal])).finally(
      () => {
        if (this.#searching === searching) this.#searching = undefined;
      },
    );
  }

  async #search(reason: string, signal: AbortSignal): Promise<void> {
    const giveUpAt = performance.now() + RECONNECT_MILLIS;
    while (!signal.aborted && performance.now() < giveUpAt) {
      try {
        await this.#reach(signal);
        this.#searching = undefined;
        if (this.#hasConnection) this.#setState("connected");
        return;
      } catch (error) {
        if (signal.aborted) return;
        const end = describeError(error);
        if (isFinal(error, end.code)) return this.#end(end, error);
        await new Promise((resolve) => setTimeout(resolve, RECONNECT_PAUSE_MILLIS));
      }
    }
    if (signal.aborted) return;
    const code = this.#isHostDown ? "host-closed" : "lost";
    this.#end({ code, message: `the connection was lost: ${reason}` }, undefined);
  }

  #take(report: WorkerReport | PictureReport): void {
    const { events } = this.#init;
    switch (report.type) {
      case "carrier-lost":
        if (report.carrier === this.#route?.carrier) this.#recover(report.reason);
        return;
      case "path-alive":
        if (report.carrier === this.#route?.carrier) this.#onHandshake?.resolve();
        return;
      case "connected":
        this.#hasConnection = true;
        this.#isHostDown = false;
        // What replaces this one is not ours.
        this.#attemptedAt = Number.NEGATIVE_INFINITY;
        return this.#onHandshake?.resolve();
      case "connect-failed":
        return this.#onHandshake?.reject(connectError(report.code, report.message));
      case "suspended":
        return this.#recover("nothing was heard from the host");
      case "resumed":
        // The old way works again: what is being tried beside it is not needed.
        this.#searching?.abort();
        this.#searching = undefined;
        return this.#setState("connected");
      case "closed":
        return this.#onClosed(report);
      case "welcome":
        return this.#onWelcome(report);
      case "rights":
        return events.onRights(report.rights);
      case "notice":
        if (report.notice.code === "consent-pending") this.#setState("waiting-for-consent");
        return events.onNotice(report.notice);
      case "screen":
        return events.onScreenSize(report);
      case "motion-begins":
        return events.onMotion(report.run, (run) => this.#threads.motionShown(run));
      case "motion-rests":
        return events.onRest(report.run);
      case "cursor-shape":
        return events.onCursorShape(report.shape);
      case "cursor-position":
        return events.onCursorPosition(report.position);
      case "figures":
        return events.onFigures(report.figures);
      case "undecodable":
        this.#decodes = Promise.resolve(false);
        return this.#recover(report.message);
      default:
        return;
    }
  }

  #onWelcome(welcome: Extract<WorkerReport, { type: "welcome" }>): void {
    const { name, monitors, rights, takesText, takesGamepads } = welcome;
    const { events } = this.#init;
    const seat = this.#seat;
    this.#isWelcome = true;
    const shownName = name || (seat?.hostName ?? "");
    events.onWelcome({ name: shownName, monitors, takesText, takesGamepads });
    events.onRights(rights);
    this.#setState("connected");
    this.#welcomed.resolve();
    if (seat !== undefined)
      this.#pins.pin(seat.wavryId, seat.staticKey).catch((error: unknown) => {
        const end = describeError(error);
        // A page that keeps keys itself may know another one than the browser's own list.
        if (this.#init.connection.pinnedKey === undefined && end.code === "key-changed")
          this.#end(end, error);
        else events.onNotice({ code: end.code, text: end.message });
      });
  }

  #onClosed({ reason, message, remote }: Extract<WorkerReport, { type: "closed" }>): void {
    this.#hasConnection = false;
    const text = message || closeReasonName(reason as CloseReason);
    // Otherwise it is our own new connection that replaces this one.
    const isElsewhere = performance.now() - this.#attemptedAt > OWN_ATTEMPT_MILLIS;
    const replaced = reason === CloseReason.replaced && isElsewhere;
    if (remote && (reason === CloseReason.refused || reason === CloseReason.forgotten))
      this.#end({ code: "refused", message: text }, undefined);
    else if (remote && replaced) this.#end({ code: "replaced", message: text }, undefined);
    else if (remote && reason === CloseReason.done)
      this.#end({ code: "host-closed", message: text }, undefined);
    else if (this.#isWelcome) {
      this.#isHostDown = remote && reason === CloseReason.shutdown;
      this.#recover(text);
      // It may be about to start anew.
      if (this.#isHostDown) this.#init.events.onNotice({ code: "host-down", text });
    } else this.#end({ code: "lost", message: text }, undefined);
  }

  #onDecision(decision: "asking" | "accepted" | "refused"): void {
    if (decision === "refused")
      this.#end({ code: "refused", message: "the person at the host said no" }, undefined);
    else if (decision === "asking" && !this.#isWelcome) this.#setState("waiting-for-consent");
  }

  #onSeatEnded(reason: string): void {
    if (isPassing(reason) && this.#isWelcome) {
      if (!this.#hasConnection) this.#recover(reason);
      return;
    }
    this.#end({ code: reason, message: `the session was ended: ${reason}` }, undefined);
  }

  #end(end: ScreenEnd, error: unknown): void {
    if (this.#ended) return;
    this.#setState("ended");
    this.#ended = true;
    this.#abort.abort();
    void this.#threads.stop();
    this.#route?.link?.[Symbol.dispose]();
    this.#link?.link[Symbol.dispose]();
    this.#seat?.[Symbol.dispose]();
    this.#welcomed.reject(error ?? new ScreenError(end.code, end.message));
    this.#init.events.onRoute(undefined);
    this.#init.events.onEnded(end);
  }
}

/** Candidates of the host that wait for the link, at most. */
const MAX_CANDIDATES = 64;

function isFinal(error: unknown, code: string): boolean {
  if (FINAL_CODES.includes(code)) return true;
  return error instanceof GatewayError && !PASSING_CODES.includes(code);
}

function connectError(code: string, message: string): ScreenError {
  if (code === "timeout") return new ScreenError("unreachable", message);
  return new ScreenError(code, message);
}
