import type { Bus } from "./bus.ts";

/** What one part of the gateway tells all others, on all replicas. */
export type News =
  /** A sign-in ended: sockets that stand on it are closed. */
  | { readonly type: "session-ended"; readonly sessionId: string }
  /** An account was banned, disabled or deleted: everything that it has open is closed. */
  | {
      readonly type: "account-ended";
      readonly userId: string;
      readonly reason: "banned" | "disabled" | "deleted";
    }
  /** A person may no longer do on a host what they may have been doing: screen sessions are ended or cut down. */
  | { readonly type: "grant-changed"; readonly hostId: string; readonly userId: string }
  /** A host came or went, or tells otherwise of itself. */
  | { readonly type: "host-changed"; readonly hostId: string }
  | { readonly type: "share-link-ended"; readonly shareLinkId: string }
  | {
      readonly type: "screen-session-ended";
      readonly screenSessionId: string;
      readonly reason: string;
    }
  | { readonly type: "device-removed"; readonly deviceId: string };

const TOPIC = "news";

/** Tells all replicas, this one too. */
export function tellNews(bus: Bus, news: News): Promise<void> {
  return bus.publish(TOPIC, JSON.stringify(news));
}

/**
 * Hears what any replica tells. `onGap` is called when some of it may have been missed: whoever keeps something open then
 * looks into the database whether it may.
 */
export async function hearNews(
  bus: Bus,
  listener: (news: News) => void,
  onGap: () => void = () => {},
): Promise<AsyncDisposable> {
  const gaps = bus.onReconnected(onGap);
  const topic = await bus.subscribe(TOPIC, (text) => listener(JSON.parse(text) as News));
  return {
    async [Symbol.asyncDispose]() {
      gaps[Symbol.dispose]();
      await topic[Symbol.asyncDispose]();
    },
  };
}
