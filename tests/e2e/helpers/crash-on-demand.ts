/** Preloaded into the threads of a test: the network's thread throws where nobody catches it, once it is told to. */
import { threadName } from "node:worker_threads";

if (threadName === "wavry-network") {
  const channel = new BroadcastChannel("wavry-test-crash");
  channel.onmessage = () => {
    setImmediate(() => {
      throw new Error("a bug for the test");
    });
  };
  (channel as BroadcastChannel & { unref(): void }).unref();
}
