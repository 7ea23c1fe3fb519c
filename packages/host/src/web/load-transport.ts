/** The WebTransport server of `@wavry/web-transport`. Apart from the rest, as it loads a native library. */
import { createWebCertificate, WebTransportServer } from "@wavry/web-transport";
import type { TransportMaker } from "./transport-entrance.ts";

/** Makes real servers. */
export const transportMaker: TransportMaker = {
  listen: (options) => WebTransportServer.listen(options),
  createCertificate: () => createWebCertificate(),
};
