import type { DataChannel, PeerConnection, Track } from "node-datachannel";
import { WebRtcPeer, type WebRtcPeerOptions } from "../../src/index.ts";
import { loadNative } from "../../src/peer/native.ts";
import { until } from "./until.ts";

/** A peer and another of the same library that answers it, without a browser. */
export class AnsweredPeer implements AsyncDisposable {
  readonly peer: WebRtcPeer;
  /** Messages that came on its channel "rift". */
  readonly received: Uint8Array[] = [];
  readonly #answerer: PeerConnection;
  readonly #parts: (DataChannel | Track)[] = [];
  readonly #gone: Promise<unknown>[] = [];

  constructor(options: Omit<WebRtcPeerOptions, "onDescription" | "onCandidate">) {
    const answerer = new (loadNative().PeerConnection)("answerer", {
      iceServers: [],
      bindAddress: "127.0.0.1",
    });
    this.#answerer = answerer;
    this.peer = new WebRtcPeer({
      bindAddress: "127.0.0.1",
      ...options,
      onDescription: (sdp) => answerer.setRemoteDescription(sdp, "offer"),
      onCandidate: (candidate, mid) => answerer.addRemoteCandidate(candidate, mid),
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gone.push(promise);
    answerer.onLocalDescription((sdp) => this.peer.setRemote(sdp));
    answerer.onLocalCandidate((candidate, mid) => {
      if (this.peer.state !== "closed") this.peer.addCandidate(candidate, mid);
    });
    answerer.onStateChange((state) => {
      if (state === "closed") resolve();
    });
    answerer.onTrack((track) => this.#keep(track));
    answerer.onDataChannel((channel) => {
      this.#keep(channel);
      if (channel.getLabel() === "rift")
        channel.onMessage((message) => this.received.push(message as Buffer));
    });
  }

  /** Resolves once a datagram has passed. */
  async connected(): Promise<void> {
    await until("a datagram to pass", () => {
      this.peer.sendDatagram(Uint8Array.of(1, 2, 3));
      return this.received.length > 0;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.peer.close();
    for (const part of this.#parts) part.close();
    this.#answerer.close();
    await Promise.all([this.peer.closed, ...this.#gone]);
  }

  #keep(part: DataChannel | Track): void {
    this.#parts.push(part);
    part.onError(() => {});
    this.#gone.push(new Promise((resolve) => part.onClosed(() => resolve(undefined))));
  }
}
