/** A helper process: both ends of signaling sessions, which send `candidates` at a rate and note when they come. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Candidate } from "@wavry/signaling";
import { answer } from "./control.ts";
import { EchoPeer, keepPinging, Peer, type PeerMessage } from "./peer.ts";
import { type BenchDevice, benchDevice } from "./population.ts";

/** How long the last messages may take. */
const GRACE_MILLIS = 3_000;
const AT_ONCE = 16;
const CONNECT_TRIES = 50;
const CONNECT_AGAIN_MILLIS = 100;

/** Which sessions are to be opened. */
export interface TalkOptions {
  /** Clients are at the first one, hosts at the last one. */
  readonly urls: readonly string[];
  readonly kind: "gateway" | "echo";
  readonly pairs: number;
}

/** How much is to be said. */
export interface TalkRun {
  /** Messages a second, of all ends together. */
  readonly rate: number;
  readonly seconds: number;
}

/** What came of it. */
export interface TalkResult {
  /** Milliseconds from each message's sending to its coming. */
  readonly latencies: readonly number[];
  readonly sent: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly lost: readonly string[];
}

/** An end of a session: sends the message of that number to the other end. */
type End = (index: number) => void;

const ends: End[] = [];
const sentAt = new Map<number, number>();
const lost: string[] = [];
const onLost = (reason: string): void => {
  lost.push(reason);
};
let latencies: number[] = [];
let keeping: Disposable | undefined;

const came = (index: number): void => {
  const start = sentAt.get(index);
  if (start === undefined) return;
  sentAt.delete(index);
  latencies.push(performance.now() - start);
};

/** Four addresses, as a machine in a home has them; one holds the number. */
const candidates = (index: number): Candidate[] => [
  { kind: "local", address: "192.168.178.23", port: 41_641 },
  { kind: "local", address: "fd00:7a3c:90b2:1::23", port: 41_641 },
  { kind: "reflexive", address: "203.0.113.77", port: 41_641 },
  { kind: "relay", address: `r${index}.relay.example.org`, port: 3_478 },
];
const numberOf = (list: readonly Candidate[]): number =>
  Number.parseInt(list[3]!.address.slice(1), 10);

async function openPair(urls: readonly string[], pair: number): Promise<Peer[]> {
  const host = await Peer.open(urls.at(-1)!, {
    ...{ device: benchDevice("talking", 2 * pair), role: "host", onLost },
  });
  const client = await Peer.open(urls[0]!, {
    ...{ device: benchDevice("talking", 2 * pair + 1), role: "client", onLost },
  });
  const session = await connect(client, host.device);
  host.send("session-started", { session });
  const take = (message: PeerMessage): void => {
    if (message.type === "candidates") came(numberOf(message.candidates as Candidate[]));
    // The host may read of the session after its client did.
    else if (message.type !== "incoming") lost.push(JSON.stringify(message).slice(0, 200));
  };
  for (const peer of [host, client]) {
    peer.onMessage = take;
    ends.push((index) => peer.send("candidates", { session, candidates: candidates(index) }));
  }
  return [host, client];
}

/** Asks for a host, again while the other replica's news of it is still on the way. */
async function connect(client: Peer, host: BenchDevice): Promise<string> {
  for (let tries = 1; ; tries++) {
    const answer = await new Promise<PeerMessage>((resolve) => {
      client.onMessage = resolve;
      const request = host.instance;
      client.send("connect", { request, host: host.wavryId, candidates: candidates(0) });
    });
    if (answer.type === "granted") return answer.session as string;
    if (answer.code !== "host-offline" || tries === CONNECT_TRIES)
      throw new Error(`no grant: ${JSON.stringify(answer)}`);
    await sleep(CONNECT_AGAIN_MILLIS);
  }
}

async function openEchoes(url: string): Promise<EchoPeer[]> {
  const session = "A".repeat(22);
  const peers = [await EchoPeer.open(url, onLost), await EchoPeer.open(url, onLost)];
  for (const peer of peers) {
    let seq = 0;
    peer.onText = (text) => {
      const message = JSON.parse(text) as { type: string; candidates: Candidate[] };
      if (message.type === "candidates") came(numberOf(message.candidates));
    };
    ends.push((index) =>
      peer.send(
        JSON.stringify({ type: "candidates", seq: ++seq, session, candidates: candidates(index) }),
      ),
    );
  }
  return peers;
}

await answer(
  {
    open: async ({ urls, kind, pairs }: TalkOptions): Promise<void> => {
      const peers: (Peer | EchoPeer)[] = [];
      let next = 0;
      const work = async (): Promise<void> => {
        while (next < pairs) {
          const pair = next++;
          peers.push(
            ...(kind === "echo" ? await openEchoes(urls[0]!) : await openPair(urls, pair)),
          );
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      keeping = keepPinging(peers);
    },
    run: async ({ rate, seconds }: TalkRun): Promise<TalkResult> => {
      latencies = [];
      const start = performance.now();
      const count = Math.round(rate * seconds);
      // Numbers of different runs differ.
      const first = Math.round(start) * 1_000_000;
      let sent = 0;
      while (sent < count) {
        const due = Math.min(count, ((performance.now() - start) / 1_000) * rate);
        for (; sent < due; sent++) {
          sentAt.set(first + sent, performance.now());
          ends[sent % ends.length]!(first + sent);
        }
        await sleep(1);
      }
      const took = (performance.now() - start) / 1_000;
      const end = performance.now() + GRACE_MILLIS;
      while (sentAt.size > 0 && performance.now() < end) await sleep(10);
      const bytes = JSON.stringify({
        ...{ type: "candidates", seq: 1_000, session: "A".repeat(22) },
        candidates: candidates(first),
      }).length;
      return { latencies, sent, bytes, seconds: took, lost: lost.slice(0, 3) };
    },
  },
  () => {
    keeping?.[Symbol.dispose]();
    process.exit(0);
  },
);
