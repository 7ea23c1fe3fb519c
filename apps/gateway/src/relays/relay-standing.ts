/** What a relay is to the gateway, beside whether it drains (spec/signaling.md §10). */
export type StandingState = "new" | "probation" | "active" | "degraded" | "quarantined" | "banned";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Every threshold of the state machine. Times in milliseconds, scores 0 to 1. */
export const STANDING: Readonly<
  Record<
    | "promoteEvidence"
    | "degradeEvidence"
    | "quarantineEvidence"
    | "activeScore"
    | "degradedScore"
    | "quarantinedScore"
    | "probationMs"
    | "degradeChecks"
    | "quarantineChecks"
    | "quarantineMs"
    | "banQuarantines"
    | "forgiveMs"
    | "degradedMs"
    | "awayMs",
    number
  >
> = {
  /** Evidence (the weight of judged sessions) that a verdict needs before it moves a relay up, down, or out. */
  promoteEvidence: 8,
  degradeEvidence: 3,
  quarantineEvidence: 3,
  /** From this score on a relay is active, or active again. */
  activeScore: 0.7,
  /** Below this one it is degraded, */
  degradedScore: 0.6,
  /** and below this one quarantined. */
  quarantinedScore: 0.4,
  /** Without that much evidence, a relay that did nothing wrong for so long is active as well. */
  probationMs: 24 * HOUR_MS,
  /** Checks in a row that fail: degraded, quarantined. */
  degradeChecks: 2,
  quarantineChecks: 5,
  /** The first quarantine; each one more takes twice as long. */
  quarantineMs: HOUR_MS,
  /** The quarantine that is a ban, which only an administrator lifts. */
  banQuarantines: 3,
  /** So long without quarantine forgives one. */
  forgiveMs: 7 * 24 * HOUR_MS,
  /** A degraded relay stays so for this long at least. */
  degradedMs: MINUTE_MS,
  /** A relay that was away for so long begins anew. */
  awayMs: 24 * HOUR_MS,
};

/** A relay's state and what it follows from. */
export interface Standing {
  readonly state: StandingState;
  /** Since when, milliseconds since 1970. */
  readonly since: number;
  /** Sessions from before then are no longer held for or against it. */
  readonly judgedFrom: number;
  /** The operator lets it serve. */
  readonly allowed: boolean;
  readonly quarantines: number;
  /** Checks that failed, one after another. */
  readonly failedChecks: number;
}

/** What peers made of a relay. */
export interface RelayVerdict {
  /** 0 to 1. */
  readonly score: number;
  /** How much weight stands behind it: a session with two trusted reports is 2. */
  readonly evidence: number;
}

/** What may move a relay. */
export type StandingEvent =
  | { readonly type: "allowed" | "banned" }
  /** The gateway asked whether the relay is where it says. */
  | { readonly type: "checked"; readonly reachable: boolean }
  | ({ readonly type: "judged" } & RelayVerdict)
  /** Heartbeats are missed. */
  | { readonly type: "missed" }
  /** A heartbeat came after so long. */
  | { readonly type: "heard"; readonly awayMs: number }
  /** Time passes. */
  | ({ readonly type: "tick" } & RelayVerdict);

/** A relay that nobody knows. */
export function newStanding(now: number): Standing {
  return { ...{ state: "new", since: now, judgedFrom: now }, ...NOBODY };
}
const NOBODY = { allowed: false, quarantines: 0, failedChecks: 0 } as const;

/** What a relay is after an event; the same object where nothing changes. Times in milliseconds. */
export function stepStanding(standing: Standing, event: StandingEvent, now: number): Standing {
  switch (event.type) {
    case "allowed":
      return allow(standing, now);
    case "banned":
      return { ...move(standing, "banned", now), allowed: false };
    case "checked":
      return checked(standing, event.reachable, now);
    case "judged":
      return judged(standing, event, now);
    case "missed":
      return standing.state === "active" ? move(standing, "degraded", now) : standing;
    case "heard":
      return SERVING.has(standing.state) && event.awayMs >= STANDING.awayMs
        ? probation(standing, now)
        : standing;
    case "tick":
      return judged(tick(standing, event, now), event, now);
  }
}

const SERVING: ReadonlySet<StandingState> = new Set(["probation", "active", "degraded"]);

/** True for a relay that may be offered at all. */
export function mayServe(state: StandingState): boolean {
  return SERVING.has(state);
}

function allow(standing: Standing, now: number): Standing {
  if (standing.state === "banned" || standing.state === "quarantined")
    return { ...newStanding(now), allowed: true };
  return standing.allowed ? standing : { ...standing, allowed: true };
}

function checked(standing: Standing, reachable: boolean, now: number): Standing {
  if (reachable) {
    const passed = standing.failedChecks === 0 ? standing : { ...standing, failedChecks: 0 };
    return standing.state === "new" && standing.allowed ? probation(passed, now) : passed;
  }
  const failed = { ...standing, failedChecks: standing.failedChecks + 1 };
  if (!SERVING.has(standing.state)) return failed;
  if (failed.failedChecks >= STANDING.quarantineChecks) return quarantine(failed, now);
  if (failed.failedChecks >= STANDING.degradeChecks && standing.state === "active")
    return move(failed, "degraded", now);
  return failed;
}

function judged(standing: Standing, { score, evidence }: RelayVerdict, now: number): Standing {
  const { state } = standing;
  if (!SERVING.has(state)) return standing;
  if (score < STANDING.quarantinedScore && evidence >= STANDING.quarantineEvidence)
    return quarantine(standing, now);
  if (state === "active" && score < STANDING.degradedScore && evidence >= STANDING.degradeEvidence)
    return move(standing, "degraded", now);
  if (
    state === "probation" &&
    score >= STANDING.activeScore &&
    evidence >= STANDING.promoteEvidence &&
    standing.failedChecks === 0
  )
    return move(standing, "active", now);
  return standing;
}

function tick(standing: Standing, { score }: RelayVerdict, now: number): Standing {
  const age = now - standing.since;
  const wellReachable = standing.failedChecks === 0;
  switch (standing.state) {
    case "probation":
      return age >= STANDING.probationMs && score >= STANDING.activeScore && wellReachable
        ? move(standing, "active", now)
        : standing;
    case "degraded":
      return age >= STANDING.degradedMs && score >= STANDING.activeScore && wellReachable
        ? move(standing, "active", now)
        : standing;
    case "active":
      return age >= STANDING.forgiveMs && standing.quarantines > 0
        ? { ...standing, since: now, quarantines: standing.quarantines - 1 }
        : standing;
    case "quarantined":
      // It passes by "new", where it waits for a check that succeeds.
      return age >= STANDING.quarantineMs * 2 ** (standing.quarantines - 1)
        ? { ...move(standing, "new", now), failedChecks: 0 }
        : standing;
    default:
      return standing;
  }
}

function probation(standing: Standing, now: number): Standing {
  return { ...move(standing, "probation", now), judgedFrom: now };
}

function quarantine(standing: Standing, now: number): Standing {
  const quarantines = standing.quarantines + 1;
  const banned = quarantines >= STANDING.banQuarantines;
  const moved = move(standing, banned ? "banned" : "quarantined", now);
  return { ...moved, quarantines, ...(banned && { allowed: false }) };
}

function move(standing: Standing, state: StandingState, now: number): Standing {
  return standing.state === state ? standing : { ...standing, state, since: now };
}
