/** What tests call in a page; each member is a door to a part of the package. */
import { forgetIdentity, openIdentity, PinnedHosts, WavryScreen } from "../src/index.ts";
import { decodableCodecs } from "../src/show/picture-decoder.ts";
import { FakeSocket } from "./fake-socket.ts";
import { PainterBench } from "./painter-bench.ts";

/** What `window.wavry` is in tests' pages. */
export interface Doors {
  readonly FakeSocket: typeof FakeSocket;
  readonly PainterBench: typeof PainterBench;
  readonly PinnedHosts: typeof PinnedHosts;
  readonly WavryScreen: typeof WavryScreen;
  readonly decodableCodecs: typeof decodableCodecs;
  readonly forgetIdentity: typeof forgetIdentity;
  readonly openIdentity: typeof openIdentity;
}

declare global {
  interface Window {
    wavry: Doors;
  }
}

window.wavry = {
  ...{ FakeSocket, PainterBench, PinnedHosts, WavryScreen },
  ...{ decodableCodecs, forgetIdentity, openIdentity },
};
