/** The thread of a session; see `WorkerSession`. */
import { decodableCodecs } from "../show/picture-decoder.ts";
import type { WorkerCommand, WorkerReport } from "./messages.ts";
import { warmUpHandshake } from "./warm-up.ts";
import { WorkerSession } from "./worker-session.ts";

/** What a dedicated worker's global is; lib "dom" describes a page's. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<WorkerCommand>) => void) | null;
  postMessage(message: WorkerReport, transfer?: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
const decodable = decodableCodecs();
let session: WorkerSession | undefined;

function report(message: WorkerReport, transfer: Transferable[] = []): void {
  scope.postMessage(message, transfer);
}

scope.onmessage = ({ data }) => {
  if (data.type === "start")
    session ??= new WorkerSession(data.identity, data.stage, report, decodable);
  else session?.handle(data);
};
void decodable.then((codecs) => {
  report({ type: "ready", decodes: codecs.includes("h264") });
  warmUpHandshake();
});
