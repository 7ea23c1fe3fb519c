/** The browser of a viewer: one page over the whole of display B, pixel for pixel. */
import { setTimeout as sleep } from "node:timers/promises";
import type { StreamerOptions } from "../glass/streamer.ts";
import { Chromium } from "../lib/chromium.ts";

/** How soon somebody who sees a page presses a button of it: no person does within the milliseconds in which it is still loading. */
const PERSON_MILLIS = 1_000;

/** The time that a person takes from seeing the page until acting; the same for every program. */
export async function waitAsPersonDoes(): Promise<void> {
  await sleep(PERSON_MILLIS);
}

/** Opens it under a window manager, with the same flags for every program. */
export async function openKiosk(
  options: Pick<StreamerOptions, "displayB" | "size" | "network">,
  url: string,
  flags: readonly string[] = [],
): Promise<Chromium> {
  const { displayB, size, network } = options;
  const kiosk = await Chromium.start({
    ...{ display: displayB.name, size, url, prefix: network.clientPrefix },
    ...{ flags: ["--kiosk", ...flags], windowManager: true },
  });
  const covers = `innerWidth === ${size.width} && innerHeight === ${size.height}`;
  try {
    await kiosk.waitFor(covers, "Chromium's page does not cover the display");
  } catch (error) {
    await kiosk[Symbol.asyncDispose]();
    throw error;
  }
  return kiosk;
}
