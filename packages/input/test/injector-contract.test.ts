import { openInjector } from "@wavry/input";
import { recordingInjector } from "@wavry/input/testing";
import { evdevOfUsage } from "../src/key-table.ts";
import { injectorContract } from "./injector-contract.ts";
import { startQuietDisplay, XObserver } from "./x-observer.ts";

injectorContract("recording", async () => {
  const { injector, events } = recordingInjector();
  return {
    injector,
    seen: () => [...events],
    [Symbol.asyncDispose]: () => injector.close(),
  };
});

const usageOfKeycode = new Map<string, number>();
for (let usage = 255; usage >= 0; usage--) {
  const evdev = evdevOfUsage(usage);
  if (evdev !== undefined) usageOfKeycode.set(String(evdev + 8), usage);
}
const BUTTON_OF_X: Readonly<Record<string, number>> = { 1: 1, 2: 3, 3: 2, 8: 4, 9: 5 };

injectorContract("XTEST", async () => {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startQuietDisplay());
  const observer = stack.use(new XObserver(server.display));
  const injector = stack.use(await openInjector({ display: server.display, gamepads: false }));
  const moved = stack.move();
  return {
    injector,
    seen: () => {
      // The server serves its clients in turn, so a few round trips let it come to the injector's requests.
      for (let turn = 0; turn < 20; turn++) observer.collect();
      return observer.events
        .filter((event) => !event.startsWith("move"))
        .map((event) => {
          const [kind, code = "", state] = event.split(" ");
          const number = kind === "key" ? usageOfKeycode.get(code) : BUTTON_OF_X[code];
          return `${kind} ${number} ${state}`;
        });
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
});
