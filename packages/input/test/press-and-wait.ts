/**
 * For key-guard.test.ts: holds Shift and the left button on the display of argv[2] until it is killed, and prints its
 * key guard's process id, and again when another guard has taken its place. At SIGUSR2 it lets go of everything and
 * dies at once.
 */
import { openInjector } from "@wavry/input";

const injector = await openInjector({ display: process.argv[2] });
injector.key(0xe1, true);
injector.button(1, true);
injector.flush();
process.on("SIGUSR2", () => {
  injector.releaseAll();
  process.kill(process.pid, "SIGKILL");
});
let printed: number | undefined;
setInterval(() => {
  if (injector.guardPid === undefined || injector.guardPid === printed) return;
  printed = injector.guardPid;
  console.log(printed);
}, 5);
