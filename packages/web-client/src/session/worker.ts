/** The thread of a session; see `WorkerSession`. */
import type { WorkerCommand, WorkerReport } from "./messages.ts";
import { warmUpHandshake } from "./warm-up.ts";
import { WorkerSession } from "./worker-session.ts";

/** What a dedicated worker's global is; lib "dom" describes a page's. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<WorkerCommand>) => void) | null;
  postMessage(message: WorkerReport, transfer?: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
let session: WorkerSession | undefined;

scope.onmessage = ({ data }) => {
  if (data.type === "start")
    session ??= new WorkerSession(data.identity, data.pictures, (report) =>
      scope.postMessage(report),
    );
  else session?.handle(data);
};
// What the page has said already goes first.
setTimeout(warmUpHandshake);
