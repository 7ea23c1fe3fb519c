/** The thread that decodes and paints; see `ThreadPainter`. */
import { decodableCodecs } from "./picture-decoder.ts";
import type { PictureCommand, PictureReport } from "./picture-messages.ts";
import { ThreadPainter } from "./thread-painter.ts";

/** What a dedicated worker's global is; lib "dom" describes a page's. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<PictureCommand>) => void) | null;
  postMessage(message: PictureReport, transfer?: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
let painter: ThreadPainter | undefined;

function report(message: PictureReport, transfer: Transferable[] = []): void {
  scope.postMessage(message, transfer);
}

scope.onmessage = ({ data }) => {
  if (data.type === "start") painter ??= new ThreadPainter(data, report);
  else painter?.handle(data);
};
void decodableCodecs().then((codecs) => report({ type: "ready", codecs }));
