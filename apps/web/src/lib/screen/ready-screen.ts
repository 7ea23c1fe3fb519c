import type { SignalingSocket } from "@wavry/gateway-client";
import type { BrowserIdentity } from "@wavry/web-client";
import { session } from "../session.svelte.ts";
import {
  askGateway,
  type GatewayFacts,
  joinGateway,
  ScreenFailure,
  type Visitor,
} from "./join-gateway.ts";

/** What a screen takes besides its machine: this browser's keys, and its way to the gateway. */
export class ReadyScreen {
  readonly identity: BrowserIdentity;
  readonly facts: Promise<GatewayFacts>;
  /** The gateway's session that runs, once there is one. */
  sessionId: () => string | undefined = () => undefined;
  /** Ends the way to the gateway. */
  readonly abort: AbortController;
  /** The gateway has ended it: it is of no use any more. */
  isOver = false;
  readonly #visitor: Visitor;
  #joined: Promise<SignalingSocket> | undefined;

  /** Opens the keys while the gateway is asked. Rejects with ScreenFailure "offline" where the code for it cannot be loaded. */
  static async open(visitor: Visitor, abort: AbortController): Promise<ReadyScreen> {
    const facts = askGateway(visitor, abort.signal);
    // Whoever waits for it hears of it.
    facts.catch(() => {});
    const { openIdentity, WavryScreen } = await import("./screen-kit.ts").catch(
      (cause: unknown) => {
        throw new ScreenFailure("offline", { cause });
      },
    );
    WavryScreen.prepare();
    return new ReadyScreen(visitor, abort, facts, await openIdentity());
  }

  private constructor(
    visitor: Visitor,
    abort: AbortController,
    facts: Promise<GatewayFacts>,
    identity: BrowserIdentity,
  ) {
    this.#visitor = visitor;
    this.abort = abort;
    this.facts = facts;
    this.identity = identity;
  }

  /** Connects to the gateway, at the first call; puts this browser among the account's devices before, if need be. */
  join(): Promise<SignalingSocket> {
    this.#joined ??= this.joinAs(this.identity);
    return this.#joined;
  }

  /** The same anew, as another device. */
  async joinAs(identity: BrowserIdentity): Promise<SignalingSocket> {
    const socket = await joinGateway({
      ...{ facts: await this.facts, identity, visitor: this.#visitor },
      ...{ sessionId: () => this.sessionId(), signal: this.abort.signal },
    });
    void socket.closed.then(() => {
      this.isOver = true;
    });
    return socket;
  }
}

/** What waits for a click, and for whom. */
interface Waiting {
  readonly accountId: string | undefined;
  readonly abort: AbortController;
  readonly screen: Promise<ReadyScreen | undefined>;
}

/** The page that a person clicks on is gone for so long before the screen is there. */
const KEPT_MILLIS = 5_000;
let waiting: Waiting | undefined;
let leaving: ReturnType<typeof setTimeout> | undefined;

/**
 * Has the next screen of the account's ready before anybody asks for it, as long as this page is looked at; gives what ends
 * that. A browser that is not among the account's devices joins them only when a screen is pressed on.
 */
export function keepReady(): () => void {
  clearTimeout(leaving);
  const follow = (): void => {
    if (document.visibilityState === "hidden") drop();
    else begin();
  };
  const onPress = ({ target, button }: PointerEvent): void => {
    const link = target instanceof Element ? target.closest("a") : null;
    if (button !== 0 || link === null || !link.pathname.startsWith("/screen/")) return;
    // The click that follows tells what is wrong.
    void waiting?.screen.then((ready) => ready?.join()).catch(() => {});
  };
  follow();
  document.addEventListener("visibilitychange", follow);
  document.addEventListener("pointerdown", onPress);
  return () => {
    document.removeEventListener("visibilitychange", follow);
    document.removeEventListener("pointerdown", onPress);
    leaving = setTimeout(drop, KEPT_MILLIS);
  };
}

/** What is ready, or about to be, for the caller alone; undefined where nothing is, or it has become useless. */
export async function takeReady(): Promise<ReadyScreen | undefined> {
  clearTimeout(leaving);
  const taken = waiting;
  waiting = undefined;
  const ready = await taken?.screen;
  if (taken?.accountId === session.account?.id && ready?.isOver !== true) return ready;
  taken?.abort.abort();
  return undefined;
}

function begin(): void {
  const accountId = session.account?.id;
  if (waiting !== undefined && waiting.accountId !== accountId) drop();
  if (waiting !== undefined || accountId === undefined) return;
  const abort = new AbortController();
  const made: Waiting = {
    ...{ accountId, abort },
    screen: open(abort).catch(() => {
      // The click tries again, and tells what is wrong.
      if (waiting === made) waiting = undefined;
      return undefined;
    }),
  };
  waiting = made;
}

async function open(abort: AbortController): Promise<ReadyScreen> {
  const ready = await ReadyScreen.open({ kind: "host" }, abort);
  const { devices } = await ready.facts;
  if (devices?.includes(ready.identity.wavryId) === true) await ready.join();
  return ready;
}

function drop(): void {
  waiting?.abort.abort();
  waiting = undefined;
}
