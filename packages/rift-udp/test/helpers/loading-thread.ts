/** A thread that tells when it begins to load a native library, and is asked for nothing. */
import { parentPort } from "node:worker_threads";
import { serveThread, type ThreadServer } from "@wavry/rift-udp/thread";

parentPort?.postMessage({ kind: "news", news: "loading" });
await import("koffi");
const server: ThreadServer<string> = serveThread<{ stop(): void }, string>({
  stop: () => server.end(),
});
