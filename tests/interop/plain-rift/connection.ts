/** A connection (spec/rift.md §4 to §8) without pace, window or recovery: what it has to say it says at once. */
import { concat, need, Refused, read } from "./bytes.ts";
import {
  type AcknowledgementFields,
  KEYFRAME_WANTED,
  messages,
  type ReportFields,
  type RequestFields,
  WITH_ARRIVALS,
} from "./messages.ts";
import { publicKey } from "./primitives.ts";
import { Channel, type Keys, Transport } from "./transport.ts";

export interface PlainAddress {
  readonly address: string;
  readonly port: number;
}

export type PlainEvent =
  | { type: "connected"; at: number }
  | { type: "input"; datagram: Uint8Array }
  | { type: "update"; frameId: number; bytes: Uint8Array; keyframe: boolean }
  | { type: "cursor"; x: number; y: number }
  | { type: "control"; message: Uint8Array }
  | { type: "report"; report: ReportFields }
  | { type: "keyframe-wanted"; since: number }
  | { type: "input-acknowledged"; sequence: number }
  | { type: "closed"; reason: number; text: string };

interface Pieces {
  readonly count: number;
  readonly keyframe: boolean;
  readonly pieces: Map<number, Uint8Array>;
}

type Timer = "ping" | "report" | "gap" | "control" | "offer" | "close";

const MAX_PIECE_BYTES = 1156;
const SEGMENT_BYTES = 1158;
const NO_BYTES = new Uint8Array(0);
const RETRY_MICROS = 250_000;

export class PlainConnection {
  readonly #isClient: boolean;
  readonly #random: (length: number) => Uint8Array;
  readonly transport: Transport;
  /** Where the peer is; the program may change it. */
  remote: PlainAddress;
  readonly outbox: { bytes: Uint8Array; to: PlainAddress }[] = [];
  readonly events: PlainEvent[] = [];
  readonly #due = new Map<Timer, number>();
  dropped = 0;
  state: "open" | "closing" | "closed" = "open";
  /** Round trips from pongs and reports. */
  readonly roundTrips: number[] = [];

  // What came in, for reports.
  readonly #arrivals = new Map<number, number>();
  #lastFirst = 1;
  #nextToReport = 1;
  #unreported = 0;
  #pingSentAt = 0;
  #pingCameAt = 0;
  // Updates that come in.
  readonly #updates = new Map<number, Pieces>();
  #nextUpdate = 1;
  #newestUpdate = 0;
  #newestComplete = 0;
  #keyframeSince: number | undefined;
  // What goes out.
  #lastFrame = 0;
  /** Host: the fragments of what was sent, and the last round that each was asked for in. */
  readonly #sent = new Map<number, { payload: Uint8Array; round: number }[]>();
  #cursorSequence = 0;
  #newestCursor = 0;
  #stream = new Uint8Array(0);
  #streamSent = 0;
  #allowed = 262_144;
  #segments: { start: number; end: number; sentAt: number }[] = [];
  // The control stream that comes in.
  #received = 0;
  #incoming: Uint8Array = new Uint8Array(0);
  readonly #early = new Map<number, Uint8Array>();
  // Rekeying.
  #offered: Uint8Array | undefined;
  #answer: Uint8Array | undefined;
  #close: Uint8Array | undefined;
  #closesLeft = 0;

  constructor(init: {
    isClient: boolean;
    remoteId: number;
    keys: Keys;
    remote: PlainAddress;
    random: (length: number) => Uint8Array;
    now: number;
  }) {
    this.#isClient = init.isClient;
    this.#random = init.random;
    this.remote = init.remote;
    this.transport = new Transport(init);
    this.#due.set("ping", init.now);
  }

  /** When `tick` is to be called. */
  next(): number {
    return Math.min(Infinity, ...this.#due.values());
  }

  sendInput(datagram: Uint8Array): void {
    this.#send(Channel.input, datagram);
  }

  /** Sends anything on any channel, sensible or not. */
  sendRaw(channel: number, plain: Uint8Array): void {
    this.#send(channel, plain);
  }

  sendControl(message: Uint8Array, now: number): void {
    const length = Uint8Array.of(0, 0, message.length >> 8, message.length & 255);
    this.#stream = concat(this.#stream, length, message) as Uint8Array<ArrayBuffer>;
    this.#pumpControl(now);
  }

  sendCursor(x: number, y: number): void {
    const rest = { display: 0, flags: 1, shapeId: 1 };
    this.#send(
      Channel.cursor,
      messages.cursor.write({ sequence: ++this.#cursorSequence, x, y, ...rest }),
    );
  }

  /** All fragments leave at once. */
  sendUpdate(update: Uint8Array, now: number): number {
    const frameId = ++this.#lastFrame;
    const count = Math.ceil(update.length / MAX_PIECE_BYTES);
    const pieceBytes = Math.ceil(update.length / count);
    const flags = update[1]! & 1;
    for (let index = 0; index < count; index++) {
      const piece = update.subarray(index * pieceBytes, (index + 1) * pieceBytes);
      const fields = { frameId, index, count, pieceBytes, flags, sentAt: 0, piece };
      const payload = messages.fragment.write(fields);
      this.#sent.set(frameId, [...(this.#sent.get(frameId) ?? []), { payload, round: 0 }]);
      const sentAt = 1 + (Math.floor(now / 512) % 255);
      this.#send(Channel.video, messages.fragment.write({ ...fields, sentAt }));
    }
    this.#setEarlier("ping", now + 50_000);
    return frameId;
  }

  /** Client: asks for fragments again; a bitmap starts with its lowest bit, none stands for the whole update. */
  request(frameId: number, round: number, firstIndex = 0, bitmap: Uint8Array = NO_BYTES): void {
    const entries = [{ frameId, round, firstIndex, bitmap }];
    this.#send(Channel.feedback, messages.request.write({ kind: 5, entries }));
  }

  acknowledgeInput(sequence: number): void {
    this.#send(Channel.feedback, messages.inputAcknowledged.write({ kind: 2, flags: 0, sequence }));
  }

  /** Client: offers new keys until they are answered. */
  offerKeys(now: number): void {
    need(this.transport.openEpoch === this.transport.epoch, "the last change is under way");
    this.#offered ??= this.#random(32);
    this.#due.set("offer", now);
  }

  close(reason: number, text: string, now: number): void {
    this.#close = messages.close.write({ kind: 3, reason, text });
    this.#closesLeft = 3;
    this.state = "closing";
    this.#due.clear();
    this.#due.set("close", now);
    this.tick(now);
  }

  tick(now: number): void {
    for (const [timer, at] of [...this.#due]) {
      if (at > now) continue;
      this.#due.delete(timer);
      if (timer === "ping") this.ping(now);
      else if (timer === "report") this.#report(now);
      else if (timer === "gap") this.#giveUp(now);
      else if (timer === "control") this.#pumpControl(now);
      else if (timer === "offer") this.#offer(now);
      else this.#sayGoodbye(now);
    }
  }

  ping(now: number): void {
    const ping = { kind: 3, flags: 0, sentAt: now, newestSent: this.#lastFrame };
    this.#send(Channel.feedback, messages.ping.write(ping));
    this.#due.set("ping", now + (this.roundTrips.length < 4 ? 50_000 : 500_000));
  }

  /** Takes a datagram; false: it was dropped. */
  receive(datagram: Uint8Array, now: number): boolean {
    if (this.state === "closed") return false;
    try {
      const { channel, packetNumber, plain } = this.transport.open(datagram, now);
      this.#arrivals.set(packetNumber, now);
      this.#unreported++;
      this.#take(channel, plain, now);
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.dropped++;
      return false;
    }
  }

  #send(channel: number, plain: Uint8Array): void {
    this.outbox.push({ bytes: this.transport.seal(channel, plain), to: this.remote });
  }

  #setEarlier(timer: Timer, at: number): void {
    if (this.state === "open") this.#due.set(timer, Math.min(at, this.#due.get(timer) ?? Infinity));
  }

  #take(channel: number, plain: Uint8Array, now: number): void {
    if (this.state === "closing") {
      if (channel === Channel.control && (plain[0] === 3 || plain[0] === 4)) this.#end();
      return;
    }
    if (channel === Channel.input) this.events.push({ type: "input", datagram: plain });
    else if (channel === Channel.video) this.#takeFragment(plain, now);
    else if (channel === Channel.feedback) this.#takeFeedback(plain, now);
    else if (channel === Channel.control) this.#takeControl(plain, now);
    else if (channel === Channel.cursor) {
      const { sequence, x, y } = messages.cursor.read(plain);
      if (sequence > this.#newestCursor) this.events.push({ type: "cursor", x, y });
      this.#newestCursor = Math.max(sequence, this.#newestCursor);
    }
  }

  #takeFeedback(plain: Uint8Array, now: number): void {
    if (plain[0] === 1) {
      const report = messages.report.read(plain);
      this.events.push({ type: "report", report });
      if ((report.flags & KEYFRAME_WANTED) !== 0)
        this.events.push({ type: "keyframe-wanted", since: report.keyframeSince });
    } else if (plain[0] === 2) {
      const { sequence } = messages.inputAcknowledged.read(plain);
      this.events.push({ type: "input-acknowledged", sequence });
    } else if (plain[0] === 3) {
      const { sentAt, newestSent } = messages.ping.read(plain);
      this.#pingSentAt = sentAt;
      this.#pingCameAt = now;
      const pong = { kind: 4, flags: 0, echoSentAt: sentAt, receivedAt: now, sentAt: now };
      this.#send(Channel.feedback, messages.pong.write(pong));
      if (newestSent === 0) return;
      if (this.#unreported > 1) this.#setEarlier("report", now);
      this.#newestUpdate = Math.max(this.#newestUpdate, newestSent);
      if (newestSent >= this.#nextUpdate) this.#setEarlier("gap", now + 8_000);
    } else if (plain[0] === 4) {
      const { echoSentAt, receivedAt, sentAt } = messages.pong.read(plain);
      this.roundTrips.push(now - echoSentAt - (sentAt - receivedAt));
    } else if (plain[0] === 5) {
      for (const entry of messages.request.read(plain).entries) this.#repeat(entry);
    } else if (plain[0] === 6) {
      const { token } = messages.pathProbe.read(plain);
      this.#send(Channel.feedback, messages.pathProbe.write({ kind: 7, flags: 0, token }));
    }
  }

  #repeat({ frameId, round, firstIndex, bitmap }: RequestFields["entries"][number]): void {
    for (const [index, fragment] of (this.#sent.get(frameId) ?? []).entries()) {
      const bit = index - firstIndex;
      const wanted = bitmap.length === 0 || (bit >= 0 && (bitmap[bit >> 3]! >> (bit & 7)) & 1);
      if (!wanted || round <= fragment.round) continue;
      fragment.round = round;
      this.#send(Channel.video, fragment.payload);
    }
  }

  #report(now: number): void {
    const { highest, received } = this.transport;
    const first = Math.max(this.#lastFirst, this.#nextToReport - 256);
    const end = Math.min(highest + 1, first + 512);
    const times: (number | undefined)[] = [];
    for (let number = first; number < end; number++) times.push(this.#arrivals.get(number));
    const known = times.filter((at) => at !== undefined);
    const newest = Math.max(0, ...known);
    const reference = Math.min(newest, ...known.filter((at) => newest - at <= 65_534 * 8));
    const entries = times.map((at) =>
      at === undefined || at < reference ? 0 : 1 + Math.round((at - reference) / 8),
    );
    this.#lastFirst = this.#nextToReport;
    this.#nextToReport = end;
    this.#unreported = 0;
    const wanted = this.#keyframeSince !== undefined;
    const report = messages.report.write({
      kind: 1,
      flags: WITH_ARRIVALS | (wanted ? KEYFRAME_WANTED : 0),
      highestPacketNumber: highest,
      packetsReceived: received,
      packetsMissing: highest - received,
      newestComplete: this.#newestComplete,
      keyframeSince: this.#keyframeSince ?? 0,
      echoSentAt: this.#pingSentAt,
      echoDelay: this.#pingSentAt === 0 ? 0 : now - this.#pingCameAt,
      reserved: 0,
      arrivals: { firstPacketNumber: first, reference, marked: 0, entries },
    });
    this.#send(Channel.feedback, report);
    if (end <= highest) this.#due.set("report", now);
    else if (wanted) this.#due.set("report", now + 30_000);
  }

  #takeFragment(plain: Uint8Array, now: number): void {
    const { frameId, index, count, flags, piece } = messages.fragment.read(plain);
    this.#setEarlier("report", now + 10_000);
    this.#newestUpdate = Math.max(this.#newestUpdate, frameId);
    if (frameId < this.#nextUpdate) return;
    const update = this.#updates.get(frameId) ?? {
      count,
      keyframe: (flags & 1) !== 0,
      pieces: new Map<number, Uint8Array>(),
    };
    this.#updates.set(frameId, update);
    update.pieces.set(index, piece);
    this.#handOut(now);
    const next = this.#updates.get(this.#nextUpdate);
    const behind = next === undefined || Math.max(...next.pieces.keys()) >= next.pieces.size;
    if (this.#newestUpdate > this.#nextUpdate || (next !== undefined && behind))
      this.#setEarlier("gap", now + 8_000);
    else this.#due.delete("gap");
  }

  #handOut(now: number): void {
    for (const [frameId, { count, keyframe, pieces }] of [...this.#updates].sort(byNumber)) {
      if (pieces.size < count || (frameId !== this.#nextUpdate && !keyframe)) continue;
      const sorted = [...pieces].sort(byNumber).map(([, piece]) => piece);
      this.events.push({ type: "update", frameId, bytes: concat(...sorted), keyframe });
      this.#nextUpdate = frameId + 1;
      this.#newestComplete = frameId;
      if (keyframe && frameId > (this.#keyframeSince ?? Infinity)) this.#keyframeSince = undefined;
      this.#due.set("report", now);
      for (const old of this.#updates.keys()) if (old <= frameId) this.#updates.delete(old);
    }
  }

  /** The next update did not come in time: it is given up with all that is not whole behind it. */
  #giveUp(now: number): void {
    if (this.#newestUpdate < this.#nextUpdate) return;
    this.#keyframeSince = this.#nextUpdate;
    this.#updates.delete(this.#nextUpdate++);
    this.#due.set("report", now);
    this.#handOut(now);
    if (this.#newestUpdate >= this.#nextUpdate) this.#due.set("gap", now + 8_000);
  }

  #takeControl(plain: Uint8Array, now: number): void {
    const kind = plain[0];
    if (kind === 1) {
      const { streamOffset, bytes } = messages.controlData.read(plain);
      if (streamOffset + bytes.length > this.#received) this.#early.set(streamOffset, bytes);
      this.#readStream();
      this.#acknowledge();
    } else if (kind === 2)
      this.#takeAcknowledgement(messages.controlAcknowledgement.read(plain), now);
    else if (kind === 3) {
      const { reason, text } = messages.close.read(plain);
      this.#send(Channel.control, Uint8Array.of(4));
      this.events.push({ type: "closed", reason, text });
      this.#end();
    } else if (kind === 5 && !this.#isClient) this.#takeOffer(plain);
    else if (kind === 6 && this.#isClient) {
      const { epoch, publicKey: theirs } = messages.rekey.read(plain);
      if (this.#offered === undefined || epoch !== this.transport.epoch + 1) return;
      this.transport.change(this.#offered, theirs);
      this.#offered = undefined;
      this.#due.delete("offer");
    }
  }

  #takeOffer(plain: Uint8Array): void {
    const { epoch, publicKey: theirs } = messages.rekey.read(plain);
    const { transport } = this;
    const settled = transport.openEpoch === transport.epoch || transport.isStubborn;
    if (epoch === transport.epoch + 1 && settled) {
      const own = this.#random(32);
      transport.change(own, theirs);
      const fields = { kind: 6, flags: 0, epoch, publicKey: publicKey("X25519", own) };
      this.#answer = messages.rekey.write(fields);
    } else if (epoch !== transport.epoch) return;
    if (this.#answer !== undefined) this.#send(Channel.control, this.#answer);
  }

  #offer(now: number): void {
    if (this.#offered === undefined) return;
    const fields = { kind: 5, flags: 0, epoch: this.transport.epoch + 1 };
    const offer = messages.rekey.write({
      ...fields,
      publicKey: publicKey("X25519", this.#offered),
    });
    this.#send(Channel.control, offer);
    this.#due.set("offer", now + RETRY_MICROS);
  }

  #readStream(): void {
    for (const [start, bytes] of [...this.#early].sort(byNumber)) {
      if (start > this.#received) break;
      this.#early.delete(start);
      const fresh = bytes.subarray(Math.min(bytes.length, this.#received - start));
      this.#incoming = concat(this.#incoming, fresh);
      this.#received += fresh.length;
    }
    while (this.#incoming.length >= 4) {
      const { length } = read([["length", "u32"]] as const, this.#incoming);
      if (this.#incoming.length < 4 + length) return;
      this.events.push({ type: "control", message: this.#incoming.slice(4, 4 + length) });
      this.#incoming = this.#incoming.slice(4 + length);
    }
  }

  #acknowledge(): void {
    const ranges: { start: number; length: number }[] = [];
    for (const [at, bytes] of [...this.#early].sort(byNumber)) {
      const start = at - this.#received;
      const last = ranges.at(-1);
      if (last !== undefined && start <= last.start + last.length)
        last.length = Math.max(last.length, start + bytes.length - last.start);
      else if (ranges.length < 8) ranges.push({ start, length: bytes.length });
    }
    const fields = { kind: 2, received: this.#received, window: 262_144, ranges };
    this.#send(Channel.control, messages.controlAcknowledgement.write(fields));
  }

  #takeAcknowledgement({ received, window, ranges }: AcknowledgementFields, now: number): void {
    this.#allowed = Math.max(this.#allowed, received + window);
    const got = (start: number, end: number): boolean =>
      end <= received ||
      ranges.some((r) => start >= received + r.start && end <= received + r.start + r.length);
    this.#segments = this.#segments.filter(({ start, end }) => !got(start, end));
    if (this.#segments.length === 0) this.#due.delete("control");
    this.#pumpControl(now);
  }

  #pumpControl(now: number): void {
    for (const segment of this.#segments)
      if (segment.sentAt + RETRY_MICROS <= now) this.#sendSegment(segment, now);
    while (this.#streamSent < Math.min(this.#stream.length, this.#allowed)) {
      const start = this.#streamSent;
      const end = Math.min(start + SEGMENT_BYTES, this.#stream.length, this.#allowed);
      const segment = { start, end, sentAt: now };
      this.#segments.push(segment);
      this.#sendSegment(segment, now);
      this.#streamSent = end;
    }
    if (this.#segments.length > 0) this.#setEarlier("control", now + RETRY_MICROS);
  }

  #sendSegment(segment: { start: number; end: number; sentAt: number }, now: number): void {
    segment.sentAt = now;
    const bytes = this.#stream.subarray(segment.start, segment.end);
    const fields = { kind: 1, reserved: 0, streamOffset: segment.start, bytes };
    this.#send(Channel.control, messages.controlData.write(fields));
  }

  #sayGoodbye(now: number): void {
    if (this.#closesLeft-- === 0) {
      this.#end();
      return;
    }
    this.#send(Channel.control, this.#close!);
    this.#due.set("close", now + 60_000);
  }

  #end(): void {
    this.state = "closed";
    this.#due.clear();
  }
}

function byNumber(a: readonly [number, unknown], b: readonly [number, unknown]): number {
  return a[0] - b[0];
}
