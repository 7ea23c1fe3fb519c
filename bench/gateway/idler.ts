/** A helper process: sockets that are open and do nothing but ping. */
import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "./control.ts";
import { EchoPeer, keepPinging, Peer } from "./peer.ts";
import { benchDevice } from "./population.ts";

/** A gateway lets 64 of one address wait to say who they are. */
const AT_ONCE = 32;

/** What sockets are to be opened. */
export interface IdleOptions {
  readonly urls: readonly string[];
  readonly kind: "gateway" | "echo";
  /** How many there are to be then, those from before included. */
  readonly count: number;
}

/** How the sockets fare. */
export interface IdleState {
  readonly open: number;
  /** Answers to pings. */
  readonly pongs: number;
  /** Why sockets closed, if some did. */
  readonly lost: readonly string[];
}

const peers: (Peer | EchoPeer)[] = [];
const lost: string[] = [];
const onLost = (reason: string): void => {
  lost.push(reason);
};

await answer(
  {
    open: async ({ urls, kind, count }: IdleOptions): Promise<void> => {
      let next = peers.length;
      const work = async (): Promise<void> => {
        while (next < count) {
          const index = next++;
          const url = urls[index % urls.length]!;
          peers.push(
            kind === "echo"
              ? await EchoPeer.open(url, onLost)
              : await Peer.open(url, {
                  ...{ device: benchDevice("idle", index), role: "client", onLost },
                }),
          );
        }
      };
      // Those that are in must not fall silent meanwhile.
      using _ = keepPinging(peers);
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    },
    hold: async (seconds: number): Promise<IdleState> => {
      using _ = keepPinging(peers);
      await sleep(seconds * 1_000);
      const pongs = peers.reduce((sum, peer) => sum + peer.pongs, 0);
      return { open: peers.length - lost.length, pongs, lost: lost.slice(0, 3) };
    },
  },
  () => process.exit(0),
);
