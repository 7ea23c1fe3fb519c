/** The WebRTC peers of `@wavry/webrtc`. Apart from the rest: a host without browsers has no use for them. */
import { WebRtcPeer } from "@wavry/webrtc";
import type { PeerMaker } from "./web-peer.ts";

/** Makes real peers; the native library is loaded with the first one. */
export async function loadPeers(): Promise<PeerMaker> {
  return (options) => new WebRtcPeer(options);
}
