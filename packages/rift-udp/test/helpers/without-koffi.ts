/** A program on a machine for which koffi has no library: says what it got. */
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === "koffi") throw new Error("koffi is not here");
    return next(specifier, context);
  },
});
const { openSocket, PreciseTimer, prioritizeThread } = await import("@wavry/rift-udp");
const socket = await openSocket({ address: "127.0.0.1", prefer: "best" });
using timer = await PreciseTimer.create(() => undefined, { prefer: "best" });
const priority = await prioritizeThread();
process.stdout.write(`${socket.kind} ${timer.kind} ${priority}`);
await socket.close();
