/** A program that ends while its thread loads a native library; argument: how many milliseconds after it began. */
import { ThreadLink } from "@wavry/rift-udp/thread";

const never = new Int32Array(new SharedArrayBuffer(4));
new ThreadLink<{ stop(): void }, string>({
  entry: new URL("./loading-thread.ts", import.meta.url),
  name: "loading",
  onNews: () => {
    Atomics.wait(never, 0, 0, Number(process.argv[2]));
    process.exit(7);
  },
});
