/** Takes the lock of the list in the folder of the first argument, says so, and never gives it back. */
import { join } from "node:path";
import { withFileLock } from "../../src/file-lock.ts";

withFileLock(join(process.argv[2]!, "devices.lock"), () => {
  process.send?.("held");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
