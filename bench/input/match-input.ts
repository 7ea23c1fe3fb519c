/** Finds for each injected event its arrival at the host. */

/** A key, button or motion, injected or recorded; times are CLOCK_MONOTONIC in µs. */
export interface InputEvent {
  readonly kind: "key" | "button" | "motion";
  /** Keycode or button and 1 for down; or x and y. */
  readonly a: number;
  readonly b: number;
  readonly at: number;
}

/** What became of the injected events of a stretch of time. */
export interface InputResult {
  readonly latenciesMs: Readonly<Record<InputEvent["kind"], readonly number[]>>;
  readonly lost: number;
  readonly total: number;
}

/** A position may come out one pixel off where it travels as a fraction of the screen. */
const POSITION_TOLERANCE = 1;
const LONGEST_MICROS = 2e6;

function same(one: InputEvent, other: InputEvent): boolean {
  if (one.kind !== other.kind) return false;
  const tolerance = one.kind === "motion" ? POSITION_TOLERANCE : 0;
  return Math.abs(one.a - other.a) <= tolerance && Math.abs(one.b - other.b) <= tolerance;
}

/** Matches in order, kind by kind; only events injected from `from` until `until` count. */
export function matchInput(
  injected: readonly InputEvent[],
  recorded: readonly InputEvent[],
  window: { readonly from: number; readonly until: number },
): InputResult {
  const latenciesMs: Record<InputEvent["kind"], number[]> = { key: [], button: [], motion: [] };
  const next = { key: 0, button: 0, motion: 0 };
  let total = 0;
  let lost = 0;
  for (const event of injected) {
    if (event.at < window.from || event.at > window.until) continue;
    total++;
    const found = recorded.findIndex(
      (other, index) =>
        index >= next[event.kind] &&
        same(event, other) &&
        other.at > event.at &&
        other.at < event.at + LONGEST_MICROS,
    );
    if (found < 0) lost++;
    else {
      next[event.kind] = found + 1;
      latenciesMs[event.kind].push((recorded[found]!.at - event.at) / 1000);
    }
  }
  return { latenciesMs, lost, total };
}

/** Reads a line of the recorder or the injector; undefined if it is something else. */
export function parseInputEvent(fields: readonly string[]): InputEvent | undefined {
  const [kind, a, b, at] = fields;
  if (kind !== "key" && kind !== "button" && kind !== "motion") return undefined;
  return { kind, a: Number(a), b: Number(b), at: Number(at) };
}
