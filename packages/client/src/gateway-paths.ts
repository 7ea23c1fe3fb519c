import { GatewayError, type SignalingSocket } from "@wavry/gateway-client";
import type { PathNews, PathSignal, PathTerms } from "@wavry/rift-udp/paths";
import type { Granted } from "@wavry/signaling";

/** News that wait for somebody to hear them; more are dropped. */
const MAX_WAITING = 64;

/** What a gateway and a client say to each other about the paths of one session. Without the gateway nothing is said or heard. */
export class GatewayPaths implements Disposable {
  /** For `ClientOptions.paths`. */
  readonly terms: PathTerms;
  readonly #socket: SignalingSocket;
  readonly #stack = new DisposableStack();
  readonly #waiting: PathNews[] = [];
  #onNews: ((news: PathNews) => void) | undefined;

  constructor(socket: SignalingSocket, { session: sessionId, candidates, relays, stun }: Granted) {
    this.terms = { sessionId, candidates, relays, stun };
    this.#socket = socket;
    const take = (session: string, news: PathNews): void => {
      if (session === sessionId) this.#take(news);
    };
    this.#stack.use(
      socket.on("candidates", ({ session, candidates }) =>
        take(session, { type: "candidates", candidates }),
      ),
    );
    this.#stack.use(
      socket.on("relay", ({ session, relay, lease }) =>
        take(session, { type: "relay", relay, lease }),
      ),
    );
    this.#stack.use(
      socket.on("relayRefused", ({ session, code }) =>
        take(session, { type: "relay-refused", code }),
      ),
    );
  }

  /** Hears what the gateway says; what came before it was set comes in the same turn. */
  set onNews(callback: (news: PathNews) => void) {
    this.#onNews = callback;
    for (const news of this.#waiting.splice(0)) callback(news);
  }

  /** Tells the gateway what the client's "path-signal" events say. */
  say(signal: PathSignal): void {
    const socket = this.#socket;
    const { sessionId } = this.terms;
    try {
      switch (signal.type) {
        case "candidates":
          return socket.sendCandidates(sessionId, signal.candidates);
        case "relay-request": {
          const { measured, renew, avoid } = signal;
          return socket.requestRelay(sessionId, { measured, renew, avoid });
        }
        case "relay-report": {
          const { relay, ...quality } = signal.use;
          socket.reportRelay(sessionId, relay, quality).catch(() => {});
          return;
        }
        case "moved":
          return socket.check();
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
    this.#waiting.length = 0;
  }

  #take(news: PathNews): void {
    if (this.#onNews !== undefined) this.#onNews(news);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(news);
  }
}
