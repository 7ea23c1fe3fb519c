import { type IceServer, WebRtcPeer, type WebRtcPeerOptions } from "../../src/index.ts";
import type { BrowserViewer } from "./browser-viewer.ts";
import { until } from "./until.ts";

/** A peer that a page watches, under the same transport policy; resolves once they are connected. */
export async function connectViewer(
  viewer: BrowserViewer,
  options: Omit<WebRtcPeerOptions, "onDescription" | "onCandidate">,
  pageIceServers: readonly IceServer[] = [],
  changeCandidate: (candidate: string) => Promise<string> | string = (candidate) => candidate,
): Promise<WebRtcPeer> {
  const { promise: offered, resolve } = Promise.withResolvers<string>();
  const pass = async (candidate: string, mid: string): Promise<void> =>
    viewer.addCandidate(await changeCandidate(candidate), mid);
  const peer = new WebRtcPeer({
    ...options,
    onDescription: resolve,
    onCandidate: (candidate, mid) => void pass(candidate, mid).catch(() => {}),
  });
  try {
    await viewer.watch(peer, await offered, pageIceServers, options.iceTransportPolicy);
    await until("a connection", () => peer.state === "connected");
    return peer;
  } catch (error) {
    peer.close();
    throw error;
  }
}
