import { WireError } from "@wavry/rift-core";
import type { Counters } from "../counters.ts";
import type { Limits } from "../limits.ts";
import { sectionAcknowledgement, streamCancellation } from "../qpack/decoder-instructions.ts";
import { DynamicTable } from "../qpack/dynamic-table.ts";
import type { Field } from "../qpack/field.ts";
import { decodeFieldSection, encodeFieldSection } from "../qpack/field-section.ts";
import type { QuicClosed, QuicListener, QuicPort } from "../quic/quic-connection.ts";
import type { WebTransportSession } from "../session.ts";
import type { BidiStream } from "../streams/bidi-stream.ts";
import type { SendStream } from "../streams/send-stream.ts";
import type { StreamSink } from "../streams/stream-port.ts";
import { ControlStream } from "./control-stream.ts";
import { encodeFrame } from "./frame-reader.ts";
import { Http3Code, Http3Error } from "./http3-error.ts";
import { Preface } from "./preface.ts";
import { QpackDecoderStream, QpackEncoderStream } from "./qpack-streams.ts";
import { readRequest } from "./request.ts";
import { RequestStream } from "./request-stream.ts";
import { type SessionCarrier, WebTransportLink } from "./session-link.ts";
import { allowsWebTransport, encodeSettings, serverSettings } from "./settings.ts";
import { StreamTable } from "./stream-table.ts";
import { FrameType, StreamType } from "./stream-type.ts";
import { readVarint, varintLength, varintsThen } from "./varint.ts";
import { WaitingStreams } from "./waiting-streams.ts";

/** Who may open sessions, and who takes them. */
export interface SessionPolicy {
  /** Without its query. */
  readonly path: string;
  allowOrigin(origin: string): boolean;
  onSession(session: WebTransportSession): void;
}

/** The bytes of our table that a client may fill. */
export const TABLE_BYTES = 4096;
/** A quarter of the largest number of a stream. */
const MAX_QUARTER_ID = 2 ** 60 - 1;

/** HTTP/3 with WebTransport on one QUIC connection (RFC 9114, RFC 9220, RFC 9297, draft-ietf-webtrans-http3). */
export class Http3Connection implements QuicListener, SessionCarrier {
  readonly quic: QuicPort;
  readonly #limits: Limits;
  readonly #counters: Counters;
  readonly #policy: SessionPolicy;
  readonly #table = new DynamicTable({ maxCapacity: TABLE_BYTES });
  readonly #streams: StreamTable;
  /** Types of streams that come once. */
  readonly #seenTypes = new Set<number>();
  readonly #sessions = new Map<number, WebTransportLink>();
  readonly #waiting = new WaitingStreams();
  /** Requests that came before the client's settings. */
  #early: (() => void)[] = [];
  #settings: ReadonlyMap<number, number> | undefined;
  #decoderStream: SendStream | undefined;
  #isClosing = false;
  #highestRequest = -4;
  /** When it last had a session, or came about; in milliseconds. */
  idleSince: number;

  constructor(init: {
    quic: QuicPort;
    limits: Limits;
    counters: Counters;
    policy: SessionPolicy;
  }) {
    this.quic = init.quic;
    this.#limits = init.limits;
    this.#counters = init.counters;
    this.#policy = init.policy;
    this.idleSince = init.quic.openedAt;
    this.#streams = new StreamTable(init.quic, init.limits);
  }

  /** How many are open. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** Neither side has anything to say about a session any more. */
  get isQuiet(): boolean {
    if (this.quic.isOver) return true;
    for (const sink of this.#streams.sinks) if (sink instanceof RequestStream) return false;
    return true;
  }

  /** Ends all sessions with code 0, and takes no further one. */
  close(): void {
    this.#isClosing = true;
    for (const link of [...this.#sessions.values()]) link.close(0, "");
  }

  onEstablished(): void {
    const settings = serverSettings({
      tableBytes: TABLE_BYTES,
      fieldSectionBytes: this.#limits.fieldSectionBytes,
      sessions: this.#limits.sessionsPerConnection,
    });
    const control = encodeFrame(FrameType.settings, encodeSettings(settings));
    const streams = [
      this.#streams.openOwn(varintsThen([StreamType.control], control)),
      this.#streams.openOwn(varintsThen([StreamType.qpackEncoder])),
      this.#streams.openOwn(varintsThen([StreamType.qpackDecoder])),
    ];
    this.#decoderStream = streams[2];
    if (streams.includes(undefined))
      this.#fail(new Http3Error(Http3Code.generalProtocolError, "three streams are needed"));
  }

  onReadable(id: number): void {
    try {
      this.#streams.read(id, this.#begin);
    } catch (error) {
      this.#failStream(id, error);
    }
  }

  onMoved(): void {
    this.#streams.resume();
  }

  onDatagram(bytes: Uint8Array): void {
    this.#counters.datagramsReceived++;
    let quarterId: number;
    try {
      quarterId = readVarint(bytes, 0);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#fail(new Http3Error(Http3Code.datagramError, "a datagram is cut short"));
      return;
    }
    if (quarterId > MAX_QUARTER_ID) {
      this.#fail(new Http3Error(Http3Code.datagramError, "a datagram is of no stream"));
      return;
    }
    const session = this.#sessions.get(quarterId * 4)?.session;
    if (session?.onDatagram === undefined) this.#counters.datagramsUnclaimed++;
    else session.onDatagram(bytes.subarray(varintLength(bytes[0]!)));
  }

  onClosed(_end: QuicClosed): void {
    for (const link of [...this.#sessions.values()]) link.over({ code: 0, reason: "", by: "lost" });
    this.#streams.close();
  }

  /** What is looked at from time to time alone: whether the peer still reads the streams that hardly say anything. */
  sweep(): void {
    this.#streams.sweep();
  }

  openUni(head: Uint8Array, order: number | undefined): SendStream | undefined {
    return this.#streams.openUni(head, order);
  }

  openBidi(head: Uint8Array, order: number | undefined): BidiStream | undefined {
    return this.#streams.openBidi(head, order);
  }

  countDatagram(isSent: boolean): void {
    if (isSent) this.#counters.datagramsSent++;
    else this.#counters.datagramsDropped++;
  }

  onSessionOver(link: WebTransportLink): void {
    this.#sessions.delete(link.id);
    this.#counters.sessionsClosed++;
    this.idleSince = performance.now();
  }

  /** A stream that the peer opened. */
  readonly #begin = (id: number): StreamSink | undefined => {
    // Numbers of streams: bit 0 is of the server's, bit 1 of those in one direction.
    if (id % 2 === 1) return undefined;
    const isUni = id % 4 === 2;
    return new Preface({
      sessionType: isUni ? StreamType.webTransport : FrameType.webTransportStream,
      onType: (type, sessionId) => {
        this.#streams.deleteSink(id);
        if (sessionId !== undefined) this.#sessionStream(id, sessionId, isUni);
        else if (isUni) this.#uniStream(id, type);
        else this.#request(id, type);
      },
      onCut: () => {
        if (!isUni) this.quic.resetStream(id, Http3Code.requestIncomplete);
      },
    });
  };

  #uniStream(id: number, type: number): void {
    if (type === StreamType.control)
      this.#streams.setSink(
        id,
        this.#once(type, new ControlStream((all) => this.#onSettings(all))),
      );
    else if (type === StreamType.qpackEncoder) {
      const answer = (instruction: Uint8Array): void => this.#tellEncoder(instruction);
      this.#streams.setSink(id, this.#once(type, new QpackEncoderStream(this.#table, answer)));
    } else if (type === StreamType.qpackDecoder)
      this.#streams.setSink(id, this.#once(type, new QpackDecoderStream()));
    else if (type === StreamType.push)
      throw new Http3Error(Http3Code.streamCreationError, "a client does not push");
    // Of an extension, or nonsense to keep us used to it.
    else this.quic.stopStream(id, Http3Code.streamCreationError);
  }

  #once<T extends StreamSink>(type: number, sink: T): T {
    if (this.#seenTypes.has(type))
      throw new Http3Error(Http3Code.streamCreationError, `two streams of type ${type}`);
    this.#seenTypes.add(type);
    return sink;
  }

  #tellEncoder(instruction: Uint8Array): void {
    if (this.#decoderStream?.write(instruction) === false && !this.quic.isOver)
      throw new Http3Error(Http3Code.closedCriticalStream, "the decoder stream is not read");
  }

  #onSettings(settings: ReadonlyMap<number, number>): void {
    this.#settings = settings;
    const early = this.#early;
    this.#early = [];
    for (const request of early) request();
  }

  #request(id: number, firstType: number): void {
    this.#highestRequest = Math.max(this.#highestRequest, id);
    let link: WebTransportLink | undefined;
    let isGone = false;
    const stream = new RequestStream(
      {
        decodeFields: (section) => this.#decode(id, section),
        onHeaders: (fields) => {
          // RFC 9220 and WebTransport: what a client can do is known by its settings alone.
          const answer = (): void => {
            if (!isGone) link = this.#answer(id, fields);
          };
          if (this.#settings === undefined) this.#early.push(answer);
          else answer();
        },
        onSessionClosed: (code, reason, by) => {
          isGone = true;
          link?.over({ code, reason, by });
        },
        onAborted: () => {
          this.#tellEncoder(streamCancellation(id));
          this.quic.resetStream(id, Http3Code.requestIncomplete);
        },
      },
      { firstType, maxBytes: this.#limits.fieldSectionBytes },
    );
    this.#streams.setSink(id, stream);
  }

  #decode(id: number, section: Uint8Array): readonly Field[] {
    const options = { table: this.#table, maxBytes: this.#limits.fieldSectionBytes };
    const { fields, requiredInsertCount } = decodeFieldSection(section, options);
    if (requiredInsertCount > 0) this.#tellEncoder(sectionAcknowledgement(id));
    return fields;
  }

  /** Answers a request; gives the session that it opened, if any. */
  #answer(id: number, fields: readonly Field[]): WebTransportLink | undefined {
    let request: ReturnType<typeof readRequest>;
    try {
      request = readRequest(fields);
    } catch (error) {
      this.#failStream(id, error);
      return undefined;
    }
    const { method, protocol, path, origin } = request;
    const isSession = method === "CONNECT" && protocol === "webtransport";
    const isOurs = path.split("?", 1)[0] === this.#policy.path;
    if (!isSession) return this.#refuse(id, method === "CONNECT" ? 501 : 404, "refusedRequest");
    if (!isOurs) return this.#refuse(id, 404, "refusedPath");
    if (!allowsWebTransport(this.#settings!)) return this.#refuse(id, 400, "refusedRequest");
    if (!this.#policy.allowOrigin(origin)) return this.#refuse(id, 403, "refusedOrigin");
    if (this.#isClosing || this.#sessions.size >= this.#limits.sessionsPerConnection) {
      this.#counters.refusedRequest++;
      this.#giveUp(id, Http3Code.requestRejected);
      this.#waiting.refuse(id);
      return undefined;
    }
    return this.#open(id, { path, origin });
  }

  #open(id: number, { path, origin }: { path: string; origin: string }): WebTransportLink {
    const connect = this.#streams.sender(id);
    this.#streams.setQuiet(id);
    const headers = encodeFieldSection([
      [":status", "200"],
      ["sec-webtransport-http3-draft", "draft02"],
    ]);
    connect.write(encodeFrame(FrameType.headers, headers));
    this.quic.prioritize(id, 0);
    const link = new WebTransportLink({ carrier: this, connect, origin, path });
    this.#sessions.set(id, link);
    void connect.closed.then(({ reason }) => {
      if (reason === "stopped") link.over({ code: 0, reason: "", by: "lost" });
    });
    this.#counters.sessionsAccepted++;
    this.#policy.onSession(link.session);
    for (const accept of this.#waiting.take(id)) accept();
    return link;
  }

  #refuse(id: number, status: number, counter: "refusedOrigin" | "refusedPath" | "refusedRequest") {
    this.#counters[counter]++;
    const headers = encodeFieldSection([[":status", String(status)]]);
    this.#streams.sender(id).end(encodeFrame(FrameType.headers, headers));
    this.#streams.deleteSink(id);
    this.quic.stopStream(id, Http3Code.noError);
    this.#waiting.refuse(id);
    return undefined;
  }

  /** A stream of a session: of one that is open, of one that is on its way here, or of one that is gone. */
  #sessionStream(id: number, sessionId: number, isUni: boolean): void {
    if (sessionId % 4 !== 0 || sessionId > MAX_QUARTER_ID * 4)
      throw new Http3Error(Http3Code.idError, "a stream names no session");
    const reject = (code: number): void => {
      this.#counters.streamsRejected++;
      this.#streams.deleteSink(id);
      this.quic.stopStream(id, code);
      if (!isUni) this.quic.resetStream(id, code);
    };
    let hasEnded = false;
    const accept = (): void => {
      const link = this.#sessions.get(sessionId);
      if (link === undefined) return reject(Http3Code.sessionGone);
      const receiver = this.#streams.receiver(id);
      const sender = isUni ? undefined : this.#streams.sender(id);
      if (hasEnded) receiver.onEnd();
      if (link.accept(receiver, sender)) return;
      this.#counters.streamsRejected++;
      receiver.closeWith(Http3Code.bufferedStreamRejected);
      sender?.closeWith(Http3Code.bufferedStreamRejected);
    };
    if (this.#sessions.has(sessionId)) return accept();
    const mayCome = sessionId > this.#highestRequest || this.#streams.has(sessionId);
    if (!mayCome) return reject(Http3Code.sessionGone);
    const refuse = (): void => reject(Http3Code.bufferedStreamRejected);
    if (!this.#waiting.add(sessionId, { accept, refuse })) return refuse();
    const onEnd = (): void => {
      hasEnded = true;
    };
    this.#streams.setSink(id, {
      ...{ isPaused: true, wantedBytes: 0 },
      onBytes() {},
      onEnd,
      onReset() {},
    });
  }

  #giveUp(id: number, code: number): void {
    this.#streams.deleteSink(id);
    this.quic.stopStream(id, code);
    this.quic.resetStream(id, code);
  }

  /** What a broken rule of a stream leads to. */
  #failStream(id: number, error: unknown): void {
    if (!(error instanceof WireError)) throw error;
    if (!(error instanceof Http3Error) || error.scope === "connection") return this.#fail(error);
    this.#counters.refusedRequest++;
    this.#giveUp(id, error.http3Code);
    this.#sessions.get(id)?.over({ code: 0, reason: "", by: "lost" });
  }

  #fail(error: WireError): void {
    if (this.quic.isOver) return;
    this.#counters.protocolErrors++;
    const code = error instanceof Http3Error ? error.http3Code : Http3Code.generalProtocolError;
    this.quic.close(code, error.message);
  }
}
