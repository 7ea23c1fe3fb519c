/** A client and a host over a seeded channel that loses, delays, reorders and doubles, in virtual time. */
import { InputReceiver, InputSender, type InputSink } from "../../src/input/index.ts";

/** A seeded generator of numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Keeps what a host would have done, readable. */
export class RecordingSink implements InputSink {
  /** Presses and releases in order: "+k4", "-b1", each with where pointer and wheel were. */
  readonly transitions: string[] = [];
  readonly held: Set<string> = new Set();
  position: string | undefined;
  motion: [number, number] = [0, 0];
  scrolled: [number, number] = [0, 0];

  key(usage: number, down: boolean): void {
    this.#note(`k${usage}`, down);
  }
  button(button: number, down: boolean): void {
    this.#note(`b${button}`, down);
  }
  moveAbsolute(x: number, y: number, display: number): void {
    this.position = `${x},${y}@${display}`;
  }
  moveRelative(dx: number, dy: number): void {
    this.motion[0] += dx;
    this.motion[1] += dy;
    this.position = undefined;
  }
  scroll(dx120: number, dy120: number): void {
    this.scrolled[0] += dx120;
    this.scrolled[1] += dy120;
  }
  /** As a sender does it: buttons first, in the order of their numbers. */
  releaseAll(): void {
    for (let button = 1; button <= 16; button++)
      if (this.held.has(`b${button}`)) this.button(button, false);
    for (let usage = 0; usage <= 255; usage++)
      if (this.held.has(`k${usage}`)) this.key(usage, false);
  }
  #note(what: string, down: boolean): void {
    if (this.held.has(what) === down) throw new Error(`${what} is already ${down ? "down" : "up"}`);
    if (down) this.held.add(what);
    else this.held.delete(what);
    const where = `${this.position ?? this.motion.join()} ${this.scrolled.join()}`;
    this.transitions.push(`${down ? "+" : "-"}${what} ${where}`);
  }
}

export interface Link {
  readonly loss: number;
  readonly doubling: number;
  readonly delayMillis: number;
  /** Nothing passes from the first to the second millisecond. */
  readonly blackout?: readonly [number, number];
}

export interface Outcome {
  readonly truth: RecordingSink;
  readonly host: RecordingSink;
  readonly receiver: InputReceiver;
  readonly datagrams: number;
}

/**
 * Plays `actions` random events 10 ms apart through `link`, then lets a clean link settle it.
 * `truth` is what a perfect host would have been told.
 */
export function simulate(seed: number, link: Link, actions: number, firstNumber = 0): Outcome {
  const random = seededRandom(seed);
  const sender = new InputSender({ firstNumber });
  const receiver = new InputReceiver({ firstNumber });
  const truth = new RecordingSink();
  const host = new RecordingSink();
  const flying: { at: number; arrive: () => void }[] = [];
  const end = actions * 10;
  let now = 0;
  let datagrams = 0;

  const send = (arrive: () => void): void => {
    const dark = link.blackout !== undefined && now >= link.blackout[0] && now < link.blackout[1];
    const clean = now > end;
    const copies = clean ? 1 : dark || random() < link.loss ? 0 : random() < link.doubling ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const delay = clean ? 1 : Math.floor(random() * link.delayMillis);
      flying.push({ at: now + delay, arrive });
    }
  };
  for (; now < end + 2_000; now++) {
    if (now < end && now % 10 === 0) act(random, sender, truth);
    if (now === end - 1 && random() < 0.5) {
      sender.releaseAll();
      truth.releaseAll();
    }
    const micros = now * 1000;
    const datagram = sender.poll(micros)?.slice();
    if (datagram !== undefined) {
      datagrams++;
      send(() => receiver.receive(datagram, now * 1000, host));
    }
    const due = flying.filter((packet) => packet.at <= now);
    for (const packet of due) {
      flying.splice(flying.indexOf(packet), 1);
      packet.arrive();
    }
    receiver.handleTimeout(micros, host);
    const sequence = receiver.pollAcknowledgement(micros);
    if (sequence !== undefined) send(() => sender.onAcknowledged(sequence));
  }
  return { truth, host, receiver, datagrams };
}

function act(random: () => number, sender: InputSender, truth: RecordingSink): void {
  const pick = (count: number): number => Math.floor(random() * count);
  switch (pick(6)) {
    case 0:
    case 1: {
      const usage = 4 + pick(6);
      sender.key(usage, true);
      if (!truth.held.has(`k${usage}`)) truth.key(usage, true);
      if (pick(3) > 0) {
        sender.key(usage, false);
        truth.key(usage, false);
      }
      break;
    }
    case 2: {
      const button = 1 + pick(3);
      const down = !truth.held.has(`b${button}`);
      sender.button(button, down);
      truth.button(button, down);
      break;
    }
    case 3: {
      const [x, y, display] = [pick(65536), pick(65536), pick(2)];
      sender.pointerAbsolute(x, y, display);
      truth.moveAbsolute(x, y, display);
      break;
    }
    case 4: {
      // Only one way of pointing a run, else a lost change of mode hides the way there.
      const [dx, dy] = [pick(2001) - 1000, pick(2001) - 1000];
      if (truth.position === undefined) {
        sender.pointerRelative(dx, dy);
        truth.moveRelative(dx, dy);
      }
      break;
    }
    default: {
      const [dx, dy] = [pick(241) - 120, pick(241) - 120];
      sender.scroll(dx, dy);
      truth.scroll(dx, dy);
    }
  }
}
