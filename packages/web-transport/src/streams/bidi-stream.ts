import type { ReceiveStream } from "./receive-stream.ts";
import type { SendStream } from "./send-stream.ts";

/** Both directions of a stream; each ends on its own. */
export interface BidiStream {
  readonly readable: ReceiveStream;
  readonly writable: SendStream;
}
