/** Every time of the search, in microseconds (spec/path.md §7 is this table). */
export const PATH_TIMES = {
  /** Between two checks to whatever candidates, unless they are urgent. */
  paceMicros: 5_000,
  /** A candidate that does not answer is checked again after this, twice the time each, up to the most. */
  retryMicros: 50_000,
  maxRetryMicros: 1_000_000,
  /** Silence of a candidate after which it has failed. */
  failMicros: 5_000_000,
  /** A failed one is checked again after this: while the session has no direct path, and while it has one. */
  recheckMicros: 5_000_000,
  idleRecheckMicros: 30_000_000,
  /** A candidate that nobody told of and that has failed is forgotten after this; one that was never proven at once. */
  forgetMicros: 30_000_000,
  /** A proven path that is not selected is checked this often, which also keeps NATs' bindings. */
  keepAliveMicros: 10_000_000,
  /** … and again after this, or 1.5 round trips, where it does not answer. */
  keepAliveRetryMicros: 200_000,
  /** Between the checks that measure a path's round trip. */
  sampleMicros: 50_000,
  /** The selected path is in doubt when this and a round trip have gone by without a word since something was sent. */
  doubtMicros: 100_000,
  /** Between checks to a path in doubt, and to the others meanwhile. */
  doubtCheckMicros: 50_000,
  doubtOtherMicros: 100_000,
  /** Round trip to reckon with where none is known. */
  unknownRttMicros: 100_000,
  /** The longest wait between repetitions of a nomination. */
  maxNominationMicros: 1_000_000,
  /** A client that hears its peer from elsewhere nominates again after this, twice the time each, up to the most. */
  strayMicros: 200_000,
  maxStrayMicros: 5_000_000,
  /** A path that died while others lived is not preferred to them for this long, twice the time each, up to the most. */
  holdMicros: 2_000_000,
  maxHoldMicros: 60_000_000,
  /** A path that was selected for this long has its deaths forgiven. */
  forgivenMicros: 60_000_000,
  /** A quicker path of the same rank replaces the selected one no earlier than this after the last change. */
  dwellMicros: 5_000_000,
  /** … and only where it is quicker by this and by a fifth. */
  quickerMicros: 1_000,
  /** An answer to a check counts for this long. */
  answerMicros: 5_000_000,
} as const;

/** Every bound of the search (spec/path.md §7). */
export const PATH_BOUNDS = {
  /** Candidates that the peer tells of. */
  told: 32,
  /** Candidates learned from where a check came. */
  learned: 8,
  /** Unanswered checks after which a path in doubt is dead, if two round trips have gone by; and where another path answers meanwhile. */
  doubtChecks: 5,
  doubtChecksBeside: 2,
  /** Unanswered checks after which a proven path that is not selected is proven no more. */
  keepAliveChecks: 4,
  /** Round trips that are remembered, the least of which counts; so many are measured once a path is proven. */
  samples: 4,
  /** Checks of a path whose answers are waited for. */
  outstanding: 32,
  /** Checks and answers from unknown addresses that are verified: in a turn, and a second. */
  strangers: 64,
  /** Events that wait for `pollEvent`; the oldest makes room. */
  events: 64,
} as const;

/** A quicker path has to be quicker by this share of the selected one's round trip. */
export const QUICKER_SHARE = 0.2;
