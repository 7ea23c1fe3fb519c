/** Sleeps to the microsecond's tens until the deadline that the main thread wrote, and says so. */
import { parentPort, workerData } from "node:worker_threads";
import { ALARM_STOP, type AlarmMemory, alarmViews } from "./alarm-memory.ts";
import { nowMicros } from "./clock.ts";

const { word, deadline } = alarmViews(workerData as AlarmMemory);
/** The value of the word whose deadline was told. */
let told = 0;

for (;;) {
  const current = Atomics.load(word, 0);
  if (current === ALARM_STOP) break;
  const waitMs = current === told ? Infinity : (deadline[0]! - nowMicros()) / 1000;
  // A new deadline or the end changes the word, which ends the wait.
  if (waitMs > 0) Atomics.wait(word, 0, current, waitMs);
  else {
    told = current;
    parentPort?.postMessage(current);
  }
}
