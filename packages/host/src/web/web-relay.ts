import { type IceServer, type IceServers, type Web, WebWay } from "@wavry/signaling";
import type { OpenWebOptions, WebPlace, WebRequest } from "./web-options.ts";

/** A browser is answered without ICE servers if the gateway does not name them by then. */
const ICE_SERVERS_MS = 1_500;
/** Messages of a session that wait to be heard; more are dropped. */
const MAX_WAITING = 64;

/** Where browsers come in; `Host` and `HostThread` are both one. */
export interface BrowserDoor {
  /** Without these two browsers cannot come. */
  openWeb?(options: OpenWebOptions): Promise<WebPlace | undefined>;
  handleWeb?(request: WebRequest): unknown;
  /** Resolves once the host has ended; what is asked of it then fails, and is no news. */
  readonly closed?: Promise<unknown>;
}

/** What the relay needs of its link. */
export interface WebRelayOptions {
  readonly door: BrowserDoor;
  /** Origins of the gateway's pages. */
  readonly allowOrigins: readonly string[];
  readonly iceServers: (() => Promise<IceServers>) | undefined;
  /** Settles when it is known whether this session is granted. */
  isGranted(session: string): Promise<boolean> | boolean;
  /** The host failed at what a session's browser said, or, without a session, at opening to browsers. */
  onFailed(error: Error, session?: string): void;
}

/** Brings to the host what browsers say, each session's in order, once their grant is checked. */
export class WebRelay {
  readonly #options: WebRelayOptions;
  readonly #queues = new Map<string, { last: Promise<void>; waiting: number }>();
  #iceServers: readonly IceServer[] = [];
  #hasEnded = false;

  constructor(options: WebRelayOptions) {
    this.#options = options;
    void options.door.closed?.then(() => {
      this.#hasEnded = true;
    });
  }

  /** Opens the host to browsers. Gives the capabilities that it has from then on; never rejects. */
  async open(): Promise<string[]> {
    const { door, allowOrigins } = this.#options;
    let place: WebPlace | undefined;
    try {
      place = await door.openWeb?.({ allowOrigins });
    } catch (error) {
      await this.#failed(error as Error);
    }
    if (place === undefined) return [];
    return [
      ...(place.port === undefined ? [] : ["webtransport"]),
      ...(place.webrtc ? ["webrtc"] : []),
    ];
  }

  /** Takes what a browser says. */
  take(web: Web): void {
    const { session } = web;
    const queue = this.#queues.get(session) ?? { last: Promise.resolve(), waiting: 0 };
    if (queue.waiting >= MAX_WAITING) return;
    queue.waiting++;
    this.#queues.set(session, queue);
    queue.last = queue.last.then(async () => {
      try {
        await this.#pass(web);
      } catch (error) {
        await this.#failed(error as Error, session);
      }
      if (--queue.waiting === 0) this.#queues.delete(session);
    });
  }

  async #pass({ session, kind, body }: Web): Promise<void> {
    const { door, isGranted } = this.#options;
    if (!(await isGranted(session))) return;
    let iceServers: readonly IceServer[] | undefined;
    if (kind === "offer" && mayWantWebRtc(body)) {
      iceServers = await this.#askIceServers();
      if (!(await isGranted(session))) return;
    }
    await door.handleWeb?.({ session, kind, body, iceServers });
  }

  /** Tells of a failure, unless it is that of a host that has ended, which is told elsewhere. */
  async #failed(error: Error, session?: string): Promise<void> {
    // What was asked of a thread is refused in the turn in which its end is told.
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.#hasEnded) this.#options.onFailed(error, session);
  }

  async #askIceServers(): Promise<readonly IceServer[]> {
    const { iceServers: ask } = this.#options;
    if (ask === undefined) return [];
    const late = Promise.withResolvers<void>();
    const limit = setTimeout(late.resolve, ICE_SERVERS_MS);
    const asked = ask().then(
      ({ iceServers }) => {
        this.#iceServers = iceServers;
      },
      () => undefined,
    );
    await Promise.race([asked, late.promise]);
    clearTimeout(limit);
    return this.#iceServers;
  }
}

/** Whether ICE servers may be of use to who says this; it is not checked yet, and decides nothing else. */
function mayWantWebRtc(body: string): boolean {
  return !body.includes("wants") || body.includes(WebWay.webrtc);
}
