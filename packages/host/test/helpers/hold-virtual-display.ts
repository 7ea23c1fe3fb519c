/** Starts a virtual display, prints what it is made of as one line of JSON, and holds it until it is killed. */
import { startVirtualDisplay } from "../../src/virtual-display.ts";

const held = await startVirtualDisplay({
  size: { width: 640, height: 480 },
  windowManager: true,
  terminal: true,
});
console.log(JSON.stringify({ display: held.display, authority: held.authority, pids: held.pids }));
setInterval(() => {}, 1e6);
