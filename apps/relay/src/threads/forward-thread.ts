/** A thread that forwards and does nothing else: it waits in its socket until it is stopped. */
import { parentPort, workerData } from "node:worker_threads";
import { ADDRESS_WORDS, Forwarder, type RelayShell, RouteTable } from "@wavry/relay";
import { TrainPump } from "@wavry/rift-udp/shared";
import { PARCEL_HEAD_BYTES, parcelBytes, ThreadFigures, type ThreadWork } from "./thread-work.ts";

/** What the other thread may have before it; beyond it strangers wait for nothing. */
const MAX_WAITING_BYTES = 1 << 18;
const PARCEL_BYTES = 1 << 16;

const { descriptor, bounds, routes, figures: memory } = workerData as ThreadWork;
const figures = new ThreadFigures(memory);
const pump = await TrainPump.on(descriptor, figures.pump);

const parcel = new Uint8Array(PARCEL_BYTES);
const parcelWords = new Int32Array(parcel.buffer);
let parcelUsed = 0;
let bytes = parcel;

const shell: RelayShell = {
  send: (start, length, segmentBytes, address, addressAt) =>
    pump.send(start, length, segmentBytes, address, addressAt),
  handOver: (start, length, address, addressAt) => {
    const needed = parcelBytes(length);
    if (figures.waitingBytes + needed > MAX_WAITING_BYTES || needed > PARCEL_BYTES) return false;
    if (parcelUsed + needed > PARCEL_BYTES) post();
    const word = parcelUsed / 4;
    for (let i = 0; i < ADDRESS_WORDS; i++) parcelWords[word + i] = address[addressAt + i]!;
    parcelWords[word + ADDRESS_WORDS] = length;
    parcel.set(bytes.subarray(start, start + length), parcelUsed + PARCEL_HEAD_BYTES);
    parcelUsed += needed;
    figures.addWaiting(needed);
    return true;
  },
};

function post(): void {
  if (parcelUsed === 0) return;
  const copy = parcel.buffer.slice(0, parcelUsed);
  parcelUsed = 0;
  parentPort!.postMessage(copy, [copy]);
}

const table = new RouteTable(bounds, routes);
const forwarder = new Forwarder({ routes: table, counters: figures.counters, shell });
const handler = {
  begin: (received: Uint8Array<ArrayBuffer>, addresses: Int32Array, now: number): void => {
    bytes = received;
    forwarder.begin(received, addresses, now);
  },
  take: (start: number, length: number, segmentBytes: number, addressAt: number): void =>
    forwarder.take(start, length, segmentBytes, addressAt),
};

parentPort!.postMessage("ready");
while (!figures.isStopped) {
  pump.turn(handler);
  post();
}
