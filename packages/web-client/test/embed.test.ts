import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { build } from "vite";
import { openRealPage } from "./real-page.ts";

const here = import.meta.dirname;

/** A page of its own with the built package beside it, as in examples/embed. */
async function fill(folder: string): Promise<void> {
  await build({
    root: join(here, ".."),
    logLevel: "error",
    build: { outDir: join(folder, "wavry"), emptyOutDir: true },
  });
  await writeFile(
    join(folder, "probe.js"),
    'import * as wavry from "./wavry/wavry-screen.js"; globalThis.embedded = wavry;\n',
  );
  await writeFile(
    join(folder, "index.html"),
    '<!doctype html><wavry-screen></wavry-screen><script type="module" src="./probe.js"></script>',
  );
}

describe("the package as one module", () => {
  it("defines the element and starts its workers from files, under a strict policy", async () => {
    await using real = await openRealPage({ fill, ready: "embedded" });
    const workers: string[] = [];
    const { promise: started, resolve } = Promise.withResolvers<void>();
    real.page.on("worker", (worker) => {
      if (workers.push(new URL(worker.url()).pathname) === 2) resolve();
    });
    const found = await real.page.evaluate(async () => {
      const { embedded } = globalThis as unknown as {
        embedded: typeof import("../src/embed.ts");
      };
      const screen = document.querySelector("wavry-screen")!;
      const identity = await embedded.openIdentity();
      const nobody = {
        on: () => ({ [Symbol.dispose]: () => {} }),
        connect: () => new Promise(() => {}),
      };
      const socket = nobody as unknown as InstanceType<typeof embedded.SignalingSocket>;
      void screen.connect({ socket, identity, deviceName: "test" }).catch(() => {});
      return {
        isElement: screen instanceof embedded.WavryScreen,
        state: screen.state,
        doors: ["GatewayClient", "SignalingSocket", "PinnedHosts"].filter((n) => n in embedded),
      };
    });
    assert.deepEqual(found, {
      ...{ isElement: true, state: "connecting" },
      doors: ["GatewayClient", "SignalingSocket", "PinnedHosts"],
    });
    await started;
    const [pictures = "", session = ""] = workers.toSorted();
    assert.match(session, /^\/wavry\/assets\/worker-[\w-]+\.js$/);
    assert.match(pictures, /^\/wavry\/assets\/picture-thread-[\w-]+\.js$/);
    assert.deepEqual(real.complaints, []);
  });
});
