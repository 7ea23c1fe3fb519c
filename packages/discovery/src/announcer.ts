import type { LanMark } from "./mark.ts";
import { type MdnsMessage, type MdnsQuestion, type MdnsRecord, sameName } from "./message.ts";
import { instanceName, numbered, SERVICE, SERVICES, TXT_VERSION } from "./service.ts";

/** Milliseconds of a clock that never goes back. */
export type Millis = number;

/** Times of RFC 6762 §6, §8, §9. */
const PROBES = 3;
const PROBE_MS = 250;
const LOST_TIE_MS = 1_000;
const ANNOUNCEMENTS = 3;
const ANNOUNCE_MS = 1_000;
const ANSWER_MIN_MS = 20;
const ANSWER_SPREAD_MS = 100;
const ANSWERS_APART_MS = 1_000;
/** With so many names taken somebody takes them on purpose: it is tried again after a rest. */
const MAX_NUMBER = 20;
const REST_MS = 60_000;

/** Of the records of a machine, and of those that are the same on each of its interfaces (RFC 6762 §10). */
const HOST_TTL = 120;
const SHARED_TTL = 4_500;

/** What an announcer makes known. */
export interface AnnouncerOptions {
  /** What the machine is called; see `labelOf`. */
  readonly name: string;
  /** UDP. */
  readonly port: number;
  readonly mark: LanMark;
  /** A name that nobody else has, one label without ".local": the machine's own name is another program's. */
  readonly target: string;
  /** 0 to 1, for times that differ between machines. */
  readonly random: () => number;
}

/** A message that is the same on all interfaces but for the addresses. */
export interface OutgoingMessage extends MdnsMessage {
  /** Whose records A and AAAA each interface adds with its own addresses; undefined: no one's. */
  readonly addressesOf: string | undefined;
  readonly addressTtl: number;
}

type Phase = "probing" | "announcing" | "quiet" | "resting" | "ended";

/**
 * Announces one service (RFC 6762 §8, RFC 6763), without a socket: finds a name that is free, makes it known, answers questions, gives the name up
 * where somebody has it too, and says good-bye. Whatever comes in, it sends at most one answer a second.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #out: OutgoingMessage[] = [];
  #number = 1;
  #phase: Phase = "probing";
  #step = 0;
  #dueAt: Millis;
  #answerAt: Millis | undefined;
  #answeredAt: Millis = Number.NEGATIVE_INFINITY;

  constructor(options: AnnouncerOptions, now: Millis) {
    this.#options = options;
    this.#dueAt = now + options.random() * PROBE_MS;
  }

  /** The label that it has, or tries to get. */
  get label(): string {
    return numbered(this.#options.name, this.#number);
  }

  /** Whether the label is its own. */
  get isAnnounced(): boolean {
    return this.#phase === "announcing" || this.#phase === "quiet";
  }

  /** Makes itself known anew: an interface came, or has another address. */
  announce(now: Millis): void {
    if (this.isAnnounced) this.#enter("announcing", now);
  }

  /** Takes a message of anybody, its own among them. */
  receive(message: MdnsMessage, now: Millis): void {
    if (this.#phase === "ended" || this.#phase === "resting") return;
    if (message.isResponse) {
      if (message.records.some((record) => this.#contradicts(record))) this.#lose(now);
      return;
    }
    if (this.#phase === "probing") {
      if (message.proposed.some((record) => this.#losesTie(record)))
        this.#enter("probing", now, LOST_TIE_MS);
      return;
    }
    if (!message.questions.some((question) => this.#isAsked(question, message))) return;
    // Whoever asks for this very name is about to take it, and is told at once (RFC 6762 §8.1).
    const isProbe = message.proposed.length > 0;
    const delay = isProbe ? 0 : ANSWER_MIN_MS + this.#options.random() * ANSWER_SPREAD_MS;
    const apart = isProbe ? PROBE_MS : ANSWERS_APART_MS;
    const at = Math.max(now + delay, this.#answeredAt + apart);
    this.#answerAt = Math.min(this.#answerAt ?? at, at);
  }

  handleTimeout(now: Millis): void {
    if (this.#answerAt !== undefined && now >= this.#answerAt && this.isAnnounced)
      this.#answer(now);
    if (now < this.#dueAt) return;
    switch (this.#phase) {
      case "probing":
        if (this.#step === PROBES) this.#enter("announcing", now);
        else this.#probe(now);
        return;
      case "announcing":
        this.#step++;
        this.#answer(now);
        this.#dueAt = now + ANNOUNCE_MS;
        if (this.#step === ANNOUNCEMENTS) this.#enter("quiet", now, Number.POSITIVE_INFINITY);
        return;
      case "resting":
        this.#number = 1;
        this.#enter("probing", now);
        return;
      default:
        return;
    }
  }

  /** Says good-bye where it was known (RFC 6762 §10.1); then nothing more. */
  end(): void {
    if (this.isAnnounced) this.#say(0);
    this.#phase = "ended";
    this.#answerAt = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  pollTimeout(): Millis | undefined {
    const at = Math.min(this.#dueAt, this.#answerAt ?? Number.POSITIVE_INFINITY);
    return at === Number.POSITIVE_INFINITY ? undefined : at;
  }

  pollTransmit(): OutgoingMessage | undefined {
    return this.#out.shift();
  }

  #enter(phase: Phase, now: Millis, afterMs = 0): void {
    this.#phase = phase;
    this.#step = 0;
    this.#dueAt = now + afterMs;
  }

  #probe(now: Millis): void {
    this.#step++;
    this.#dueAt = now + PROBE_MS;
    this.#out.push({
      isResponse: false,
      questions: [{ name: instanceName(this.label), type: "ANY" }],
      records: [],
      proposed: [this.#srv(HOST_TTL)],
      ...{ addressesOf: undefined, addressTtl: 0 },
    });
  }

  #answer(now: Millis): void {
    this.#answerAt = undefined;
    this.#answeredAt = now;
    this.#say(undefined);
  }

  /** All there is to say; `ttl` where not the usual ones. */
  #say(ttl: number | undefined): void {
    const name = instanceName(this.label);
    const { salt, mark } = this.#options.mark;
    this.#out.push({
      isResponse: true,
      questions: [],
      records: [
        { name: SERVICE, type: "PTR", ttl: ttl ?? SHARED_TTL, target: name },
        this.#srv(ttl ?? HOST_TTL),
        {
          ...{ name, type: "TXT", ttl: ttl ?? SHARED_TTL, flush: true },
          entries: [`v=${TXT_VERSION}`, `s=${salt}`, `h=${mark}`],
        },
        ...(ttl === 0
          ? []
          : [{ name: SERVICES, type: "PTR" as const, ttl: SHARED_TTL, target: SERVICE }]),
      ],
      proposed: [],
      ...{ addressesOf: `${this.#options.target}.local`, addressTtl: ttl ?? HOST_TTL },
    });
  }

  #srv(ttl: number): Extract<MdnsRecord, { type: "SRV" }> {
    const { port, target } = this.#options;
    return {
      ...{ name: instanceName(this.label), type: "SRV", ttl, flush: true },
      ...{ target: `${target}.local`, port },
    };
  }

  /** Somebody else says something under its name (RFC 6762 §9). */
  #contradicts(record: MdnsRecord): boolean {
    if (record.type !== "SRV" || record.ttl === 0) return false;
    return sameName(record.name, instanceName(this.label)) && !this.#isOwn(record);
  }

  /** Somebody else is about to take the name, and goes first (RFC 6762 §8.2.1). */
  #losesTie(record: MdnsRecord): boolean {
    if (record.type !== "SRV" || !sameName(record.name, instanceName(this.label))) return false;
    return !this.#isOwn(record) && Buffer.compare(rdata(record), rdata(this.#srv(0))) > 0;
  }

  #isOwn({ target, port }: { readonly target: string; readonly port: number }): boolean {
    return port === this.#options.port && sameName(target, `${this.#options.target}.local`);
  }

  #lose(now: Millis): void {
    this.#answerAt = undefined;
    // A name that it has is defended by probing for it once more; who has it too answers that.
    if (this.#phase !== "probing") return this.#enter("probing", now);
    this.#number++;
    if (this.#number > MAX_NUMBER) this.#enter("resting", now, REST_MS);
    else this.#enter("probing", now);
  }

  #isAsked({ name, type }: MdnsQuestion, message: MdnsMessage): boolean {
    const wants = (...types: string[]): boolean => type === "ANY" || types.includes(type);
    if (sameName(name, instanceName(this.label))) return wants("SRV", "TXT");
    if (sameName(name, `${this.#options.target}.local`)) return wants("A", "AAAA");
    if (sameName(name, SERVICES)) return wants("PTR");
    // Known-answer suppression (RFC 6762 §7.1).
    return (
      sameName(name, SERVICE) && wants("PTR") && !message.records.some((r) => this.#isKnown(r))
    );
  }

  #isKnown(record: MdnsRecord): boolean {
    return (
      record.type === "PTR" &&
      sameName(record.name, SERVICE) &&
      sameName(record.target, instanceName(this.label)) &&
      record.ttl >= SHARED_TTL / 2
    );
  }
}

/** The bytes that a tie is broken by: priority and weight, port, target. */
function rdata({ port, target }: { readonly port: number; readonly target: string }): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt16BE(port, 4);
  const labels = target
    .split(".")
    .map((label) => Buffer.concat([Buffer.of(Buffer.byteLength(label)), Buffer.from(label)]));
  return Buffer.concat([head, ...labels, Buffer.of(0)]);
}
