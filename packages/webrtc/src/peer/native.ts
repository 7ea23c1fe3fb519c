import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { WebRtcError } from "../webrtc-error.ts";

/** The native library, libdatachannel with its bindings. */
export type Native = typeof import("node-datachannel");

const PLATFORM_SUFFIXES: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ["-gnu", "-musl"],
  win32: ["-msvc"],
};
/** Of dlopen(3) on Linux: the library stays mapped, as threads of its own may outlive ours. */
const RTLD_NODELETE = 0x1000;

let loaded: Native | undefined;

/**
 * Loads the native library at its first use: whoever never makes a peer does not pay for it, and a system without it
 * only lacks this way. Throws WebRtcError "unavailable".
 *
 * The bindings have variables of which there is one for each time that the file is loaded, and they belong to the first
 * thread that did: in another, or in a later one, they end the process. So each worker loads a copy of the file.
 *
 * When the thread ends, what is still open is taken from the bindings by force: they would call back into a thread that
 * is gone, and end or stop the process. `worker.terminate()` gives nobody that chance.
 */
export function loadNative(): Native {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
  try {
    const native = isMainThread ? (require("node-datachannel") as Native) : loadCopy(require);
    process.on("exit", () => {
      try {
        native.cleanup();
      } catch {
        // It waited in vain for threads of its own, and the thread ends all the same.
      }
    });
    loaded = native;
    return native;
  } catch (error) {
    throw new WebRtcError("unavailable", "WebRTC is not available on this system", {
      cause: error,
    });
  }
}

/**
 * A callback for the native library, which ends the process when one throws: an error is thrown again from the event loop
 * instead, as one of any other callback would be.
 */
export function nativeCallback<Values extends unknown[]>(
  callback: (...values: Values) => void,
): (...values: Values) => void {
  return (...values) => {
    try {
      callback(...values);
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  };
}

function loadCopy(require: NodeJS.Require): Native {
  const file = nativeFile(createRequire(require.resolve("node-datachannel")));
  const folder = mkdtempSync(join(tmpdir(), "wavry-webrtc-"));
  try {
    const copy = join(folder, "node_datachannel.node");
    copyFileSync(file, copy);
    const module = { exports: {} };
    const keep = process.platform === "linux" ? RTLD_NODELETE : 0;
    process.dlopen(module, copy, constants.dlopen.RTLD_LAZY | keep);
    return module.exports as Native;
  } finally {
    // Where a file in use cannot be removed it stays behind in the temporary folder.
    rmSync(folder, { recursive: true, force: true, maxRetries: 0 });
  }
}

/** The library of this system; npm installs the package of no other one. */
function nativeFile(require: NodeJS.Require): string {
  let failure: unknown;
  for (const suffix of PLATFORM_SUFFIXES[process.platform] ?? [""]) {
    try {
      return require.resolve(`@node-datachannel/${process.platform}-${process.arch}${suffix}`);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
