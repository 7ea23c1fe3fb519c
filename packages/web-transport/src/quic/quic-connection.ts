import { randomBytes } from "node:crypto";
import type { Counters } from "../counters.ts";
import { type HostPort, type NativeConnection, Shutdown, streamErrorCode } from "./binding.ts";
import { CONNECTION_ID_BYTES } from "./packet-header.ts";

/** Connection IDs of ours that a peer holds, for its changes of path. */
const ACTIVE_CONNECTION_IDS = 4;

/** What a connection needs of its endpoint. */
export interface QuicCarrier {
  readonly counters: Counters;
  /** Sends one UDP datagram (borrowed). */
  send(bytes: Uint8Array, length: number, to: HostPort): void;
  /** The connection has work after this turn: to send, to set its timer, or to end. */
  touch(connection: QuicConnection): void;
  /** Packets with this ID are the connection's from now on, or no longer. */
  addId(id: Uint8Array, connection: QuicConnection): void;
  removeId(id: Uint8Array): void;
}

/** Why a connection ended. */
export interface QuicClosed {
  readonly code: number;
  readonly reason: string;
  readonly by: "peer" | "local" | "timeout";
}

/** What is told about a connection; calls may write to it, and close it. */
export interface QuicListener {
  onEstablished(): void;
  /** A stream has bytes, its end, or its reset. */
  onReadable(streamId: number): void;
  /** Something came in: streams may have room again. */
  onMoved(): void;
  /** Borrowed. */
  onDatagram(bytes: Uint8Array): void;
  onClosed(end: QuicClosed): void;
}

/** What reading a stream gave; the object is used again by the next read. */
export interface StreamRead {
  kind: "bytes" | "nothing" | "reset";
  /** How many were written. */
  bytes: number;
  isEnd: boolean;
  /** Of a reset. */
  code: number;
}

/** One QUIC connection: quiche's, with its events and its timer. */
export class QuicConnection {
  readonly openedAt: number;
  /** Where it came from at first. */
  readonly firstRemote: HostPort;
  readonly #native: NativeConnection;
  readonly #carrier: QuicCarrier;
  readonly #local: HostPort;
  readonly #ids = new Set<Uint8Array>();
  readonly #read: StreamRead = { kind: "nothing", bytes: 0, isEnd: false, code: 0 };
  listener: QuicListener | undefined;
  #remote: HostPort;
  #established = false;
  /** The listener knows that it ended; quiche may still have to say so to the peer. */
  #over = false;
  #woken = false;
  #closed = false;

  constructor(init: {
    native: NativeConnection;
    carrier: QuicCarrier;
    id: Uint8Array;
    local: HostPort;
    remote: HostPort;
    now: number;
  }) {
    this.#native = init.native;
    this.#carrier = init.carrier;
    this.#local = init.local;
    this.#remote = init.remote;
    this.firstRemote = init.remote;
    this.openedAt = init.now;
    this.#addId(init.id);
  }

  /** The peer's address, which may change. */
  get remote(): HostPort {
    return this.#remote;
  }

  get isEstablished(): boolean {
    return this.#established;
  }

  /** Its endpoint can forget it. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** Nothing can be sent or received any more. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Takes a UDP datagram, whose bytes are decrypted in place. */
  receive(datagram: Uint8Array, from: HostPort, scratch: Uint8Array): void {
    if (this.#over) return;
    try {
      this.#native.recv(datagram, { from, to: this.#local });
    } catch {
      // A packet that does not decrypt, or a broken rule: then quiche closes the connection itself.
      this.#carrier.counters.droppedMalformed++;
    }
    this.#carrier.touch(this);
    this.#events(scratch);
  }

  /** Tells the listener what there is. */
  #events(scratch: Uint8Array): void {
    const native = this.#native;
    const listener = this.listener;
    if (listener === undefined) return;
    if (!this.#established) {
      if (!native.isEstablished()) return;
      this.#established = true;
      listener.onEstablished();
    }
    while (!this.#over) {
      const length = native.dgramRecv(scratch);
      if (length === null) break;
      listener.onDatagram(scratch.subarray(0, length));
    }
    this.pollStreams();
    for (;;) {
      const event = native.pathEventNext();
      if (event === null || this.#over) break;
      if (event.type !== "PeerMigrated") continue;
      this.#carrier.counters.migrations++;
      this.#remote = event.new as HostPort;
    }
    this.#renewIds();
  }

  /** Tells of all streams that can be read, and that others may have room. */
  pollStreams(): void {
    if (!this.#established || this.#over) return;
    for (const id of this.#native.readable()) {
      this.listener?.onReadable(id);
      if (this.#over) return;
    }
    this.listener?.onMoved();
  }

  /** Somebody wants to read again: streams are told of at the end of this turn. */
  wake(): void {
    this.#woken = true;
    this.#carrier.touch(this);
  }

  /** Reads a stream into `out`. */
  readStream(id: number, out: Uint8Array): Readonly<StreamRead> {
    const read = this.#read;
    read.kind = "nothing";
    if (this.#over) return read;
    try {
      const result = this.#native.streamRecv(id, out);
      if (result === null) return read;
      read.kind = "bytes";
      read.bytes = result[0];
      read.isEnd = result[1];
    } catch (error) {
      const code = streamErrorCode(error);
      if (code !== undefined) {
        read.kind = "reset";
        read.code = code;
      }
    }
    return read;
  }

  /**
   * Writes to a stream (borrowed); gives how many bytes it took, or undefined where the stream is over. The end is
   * taken only with all bytes.
   */
  writeStream(id: number, bytes: Uint8Array, isEnd: boolean): number | { stopped: number } {
    if (this.#over) return { stopped: 0 };
    try {
      return this.#native.streamSend(id, bytes, isEnd) ?? 0;
    } catch (error) {
      return { stopped: streamErrorCode(error) ?? 0 };
    } finally {
      this.#carrier.touch(this);
    }
  }

  /** With which code the peer stopped reading a stream that is still written; undefined while it reads. */
  stoppedWith(id: number): number | undefined {
    if (this.#over) return 0;
    try {
      this.#native.streamCapacity(id);
      return undefined;
    } catch (error) {
      return streamErrorCode(error) ?? 0;
    }
  }

  /** 0 leaves first; streams of one urgency leave one after another. */
  prioritize(id: number, urgency: number): void {
    this.#try(() => this.#native.streamPriority(id, urgency, false));
  }

  /** Ends our direction of a stream at once; what is not sent is thrown away. */
  resetStream(id: number, code: number): void {
    this.#try(() => this.#native.streamShutdown(id, Shutdown.write, code));
  }

  /** Asks the peer to end its direction of a stream. */
  stopStream(id: number, code: number): void {
    this.#try(() => this.#native.streamShutdown(id, Shutdown.read, code));
  }

  /** How many further streams the peer allows. */
  streamsLeft(direction: "uni" | "bidi"): number {
    if (this.#over) return 0;
    return direction === "uni"
      ? this.#native.peerStreamsLeftUni()
      : this.#native.peerStreamsLeftBidi();
  }

  /** Bytes that fit in one datagram; 0 where the peer takes none. */
  get datagramRoom(): number {
    return this.#over ? 0 : (this.#native.dgramMaxWritableLen() ?? 0);
  }

  get queuedDatagrams(): number {
    return this.#over ? 0 : this.#native.dgramSendQueueLen();
  }

  /** Sends a datagram (borrowed) in this turn, as far as the congestion window lets it; false: no room. */
  sendDatagram(bytes: Uint8Array): boolean {
    if (this.#over) return false;
    try {
      if (this.#native.dgramSend(bytes) === null) return false;
    } catch {
      return false;
    }
    this.flush();
    return true;
  }

  /** Sends a datagram (borrowed) in this turn, or not at all; false: it would have to wait for the congestion window. */
  sendDatagramNow(bytes: Uint8Array): boolean {
    if (this.queuedDatagrams > 0 || !this.sendDatagram(bytes)) return false;
    if (this.queuedDatagrams === 0) return true;
    this.#native.dgramPurgeOutgoing(always);
    return false;
  }

  /** Round trip in milliseconds and packets, as quiche counts them. */
  stats(): { rttMillis: number; packetsSent: number; packetsLost: number; windowBytes: number } {
    const { sent, lost } = this.#native.stats();
    const path = this.#native.pathStats().find(({ active }) => active);
    return {
      rttMillis: path?.rtt ?? 0,
      packetsSent: sent,
      packetsLost: lost,
      windowBytes: path?.cwnd ?? 0,
    };
  }

  /** Sends something that the peer has to acknowledge. */
  keepAlive(): void {
    this.#try(() => this.#native.sendAckEliciting());
  }

  /** Says why it ends, with a code of HTTP/3. */
  close(code: number, reason: string): void {
    if (this.#over) return;
    this.#try(() => this.#native.close(true, code, new TextEncoder().encode(reason)));
    this.flush();
    this.#tell({ code, reason, by: "local" });
  }

  /** Forgets it without a word. */
  abandon(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const id of this.#ids) this.#carrier.removeId(id);
    this.#ids.clear();
    this.#tell({ code: 0, reason: "", by: "local" });
    this.#carrier.touch(this);
  }

  /** Sends what there is to send. */
  flush(): void {
    if (this.#closed) return;
    this.#send();
    this.#carrier.touch(this);
  }

  #send(): void {
    const carrier = this.#carrier;
    for (;;) {
      let sent: ReturnType<NativeConnection["send"]>;
      try {
        sent = this.#native.send(sendBuffer);
      } catch {
        // quiche closes the connection; its end shows with the timer.
        break;
      }
      if (sent === null) break;
      carrier.send(sendBuffer, sent[0], sent[1].to);
    }
  }

  /** Sends what there is, looks whether it ended, and gives the milliseconds until `handleTimer` is due, if it ever is. */
  settle(): number | undefined {
    if (this.#closed) return undefined;
    if (this.#woken) {
      this.#woken = false;
      this.pollStreams();
    }
    this.#send();
    const isClosed = this.#native.isClosed();
    if (isClosed || this.#native.isDraining()) this.#tell(this.#reason());
    if (isClosed) {
      this.abandon();
      return undefined;
    }
    return this.#native.timeout() ?? undefined;
  }

  /** A time that `settle` gave has come. */
  handleTimer(): void {
    if (!this.#closed) this.#native.onTimeout();
  }

  #reason(): QuicClosed {
    const peer = this.#native.peerError();
    const error = peer ?? this.#native.localError();
    const by = this.#native.isTimedOut() ? "timeout" : peer === null ? "local" : "peer";
    const reason = error === null ? "" : new TextDecoder().decode(Uint8Array.from(error.reason));
    return { code: error?.errorCode ?? 0, reason, by };
  }

  #tell(end: QuicClosed): void {
    if (this.#over) return;
    this.#over = true;
    this.listener?.onClosed(end);
  }

  /** Gives the peer connection IDs for further paths, in place of those it is done with. */
  #renewIds(): void {
    const native = this.#native;
    for (let id = native.retiredScidNext(); id !== null; id = native.retiredScidNext()) {
      const retired = Buffer.from(id);
      for (const own of this.#ids)
        if (retired.equals(own)) {
          this.#ids.delete(own);
          this.#carrier.removeId(own);
        }
    }
    while (native.sourceCidsLeft() > 0 && native.activeSourceCids() < ACTIVE_CONNECTION_IDS) {
      const id = new Uint8Array(randomBytes(CONNECTION_ID_BYTES));
      const resetToken = BigInt(`0x${randomBytes(16).toString("hex")}`);
      try {
        native.newSourceCid(id, resetToken, false);
      } catch {
        return;
      }
      this.#addId(id);
    }
  }

  #addId(id: Uint8Array): void {
    this.#ids.add(id);
    this.#carrier.addId(id, this);
  }

  /** What quiche refuses is over already. */
  #try(action: () => void): void {
    if (this.#over) return;
    try {
      action();
    } catch {
      // The stream or connection is gone.
    }
    this.#carrier.touch(this);
  }
}

const always = (): boolean => true;

/** Packets leave in the same turn: one buffer serves all connections of a thread. */
const sendBuffer = new Uint8Array(1500);

/** A connection as those above it see it. */
export type QuicPort = Pick<QuicConnection, keyof QuicConnection>;
