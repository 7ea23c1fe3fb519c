import type { RelayQuality } from "@wavry/signaling";
import type { RelayVerdict } from "./relay-standing.ts";

/** Every knob of the judgement. */
export const QUALITY = {
  /** Sessions of a relay that are looked at, the newest. */
  window: 100,
  /** So many sessions later a report weighs half. */
  halfLife: 40,
  /** What is believed of a relay without any report, and how much that weighs. */
  prior: 0.75,
  priorWeight: 1,
  /** The most that one account's reports weigh together, of one relay. */
  reporterCap: 3,
  /** A report without the other side's weighs so much, */
  aloneShare: 0.5,
  /** and one that the other side contradicts. */
  contradictedShare: 0.25,
  /** Reports that are no further apart than that agree. */
  agreement: 0.35,
  /** Evidence of others that a report is compared with; with less nobody is called a liar. */
  crowdEvidence: 2,
} as const;

/** One side's report on a relay. */
export interface SideReport {
  /** Whose word it is: an account, or a share link. */
  readonly reporter: string;
  readonly quality: RelayQuality;
}

/** A session that used a relay, with what its sides told of it: one or two reports. */
export interface JudgedSession {
  readonly reports: readonly SideReport[];
}

/** A verdict, and what it says in figures for people. */
export interface QualityVerdict extends RelayVerdict {
  /** Sessions with reports in the window. */
  readonly sessions: number;
  /** Share of them that came about, by weight; null without any. */
  readonly success: number | null;
  /** Weighted means of those that came about; null without any. */
  readonly rttMillis: number | null;
  readonly lossPercent: number | null;
}

/**
 * How good a relay was by one report, 0 to 1: nothing where no session came about, all of it up to 1 % loss and 150 ms. A round trip
 * is far more the users' distance than the relay's doing: it costs a third at most.
 */
export function goodness({ connected, rttMillis, lossPercent }: RelayQuality): number {
  if (!connected) return 0;
  const loss = clamp(1 - (lossPercent - 1) / 9);
  const rtt = rttMillis === null ? 1 : 1 - clamp((rttMillis - 150) / 850) / 3;
  return loss * rtt;
}

/** Judges a relay by its sessions, the newest first. `trust`: 0 to 1 for each reporter. */
export function judgeRelay(
  sessions: readonly JudgedSession[],
  trust: (reporter: string) => number,
): QualityVerdict {
  const words = weigh(sessions, trust);
  let weight = 0;
  let good = 0;
  let connectedWeight = 0;
  const rtt = new Mean();
  const loss = new Mean();
  for (const word of words) {
    weight += word.weight;
    good += word.weight * goodness(word.quality);
    if (!word.quality.connected) continue;
    connectedWeight += word.weight;
    if (word.quality.rttMillis !== null) rtt.add(word.quality.rttMillis, word.weight);
    loss.add(word.quality.lossPercent, word.weight);
  }
  const { prior, priorWeight } = QUALITY;
  return {
    score: (prior * priorWeight + good) / (priorWeight + weight),
    evidence: weight,
    sessions: Math.min(sessions.length, QUALITY.window),
    success: weight === 0 ? null : connectedWeight / weight,
    rttMillis: rtt.value,
    lossPercent: loss.value,
  };
}

/**
 * Whether a report is as the others' on the same relay. `others`: the relay's sessions without the one of the report, and without
 * those of the same reporter. Undefined: too little is known to say.
 */
export function agreesWithOthers(
  quality: RelayQuality,
  others: readonly JudgedSession[],
  trust: (reporter: string) => number,
): boolean | undefined {
  const words = weigh(others, trust);
  const weight = words.reduce((sum, word) => sum + word.weight, 0);
  if (weight < QUALITY.crowdEvidence) return undefined;
  return Math.abs(goodness(quality) - weightedMedian(words, weight)) <= QUALITY.agreement;
}

interface Word {
  readonly quality: RelayQuality;
  readonly weight: number;
}

/** Each report with its weight: trust, age, what the other side says, and no account more than its cap. */
function weigh(sessions: readonly JudgedSession[], trust: (reporter: string) => number): Word[] {
  const words: (Word & { readonly reporter: string })[] = [];
  const sums = new Map<string, number>();
  sessions.slice(0, QUALITY.window).forEach(({ reports }, index) => {
    const age = 0.5 ** (index / QUALITY.halfLife);
    const voices = new Set(reports.map(({ reporter }) => reporter)).size;
    const goods = reports.map(({ quality }) => goodness(quality));
    const contradicted = goods.length > 1 && Math.abs(goods[0]! - goods[1]!) > QUALITY.agreement;
    // Both sides of one account are one voice.
    const share = contradicted ? QUALITY.contradictedShare : voices > 1 ? 1 : QUALITY.aloneShare;
    for (const { reporter, quality } of reports) {
      const own = reports.length > voices ? share / reports.length : share;
      const weight = trust(reporter) * age * own;
      sums.set(reporter, (sums.get(reporter) ?? 0) + weight);
      words.push({ reporter, quality, weight });
    }
  });
  return words.map(({ reporter, quality, weight }) => {
    const sum = sums.get(reporter)!;
    return {
      quality,
      weight: sum > QUALITY.reporterCap ? (weight * QUALITY.reporterCap) / sum : weight,
    };
  });
}

function weightedMedian(words: readonly Word[], total: number): number {
  const sorted = words
    .map(({ quality, weight }) => ({ good: goodness(quality), weight }))
    .sort((a, b) => a.good - b.good);
  let sum = 0;
  for (const { good, weight } of sorted) {
    sum += weight;
    if (sum >= total / 2) return good;
  }
  return sorted.at(-1)!.good;
}

class Mean {
  #sum = 0;
  #weight = 0;

  add(value: number, weight: number): void {
    this.#sum += value * weight;
    this.#weight += weight;
  }

  get value(): number | null {
    return this.#weight === 0 ? null : this.#sum / this.#weight;
  }
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
