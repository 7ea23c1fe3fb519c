/** Who wants in while a relay has too much to do. */
import { setTimeout as sleep } from "node:timers/promises";
import { admit, type RelayUnderTest } from "./admit.ts";
import { freePorts, placesOf } from "./places.ts";

const MOST = 64;
const PAUSE_MILLIS = 20;

/** What became of them. */
export interface NewcomerFigures {
  readonly asked: number;
  readonly admitted: number;
}

/** Brings one session after another, until told to stop; each has a moment to be admitted. */
export async function knock(relay: RelayUnderTest, signal: AbortSignal): Promise<NewcomerFigures> {
  const ports = await freePorts();
  let asked = 0;
  let admitted = 0;
  for (const places of placesOf(MOST, 2)) {
    if (signal.aborted) break;
    asked++;
    await admit(relay, places, ports).then(
      () => admitted++,
      () => undefined,
    );
    await sleep(PAUSE_MILLIS);
  }
  return { asked, admitted };
}
