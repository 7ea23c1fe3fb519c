/** What the main thread and the alarm's worker share. */
export type AlarmMemory = SharedArrayBuffer;

/** In place of a number of a deadline: the worker ends. */
export const ALARM_STOP = -1;

/** Memory for one alarm. */
export function alarmMemory(): AlarmMemory {
  return new SharedArrayBuffer(16);
}

/** `word`: which deadline holds, changed after it was written. `deadline`: when, on the clock of `nowMicros`. */
export function alarmViews(memory: AlarmMemory): { word: Int32Array; deadline: Float64Array } {
  return { word: new Int32Array(memory, 0, 1), deadline: new Float64Array(memory, 8, 1) };
}
