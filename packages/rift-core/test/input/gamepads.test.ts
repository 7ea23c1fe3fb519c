import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  createInputState,
  type GamepadState,
  HeldState,
  InputReceiver,
  InputSender,
  type InputSink,
  inputDatagramBytes,
  NEUTRAL_GAMEPAD,
  readInputDatagram,
} from "../../src/input/index.ts";
import { type Link, seededRandom } from "./simulation.ts";

const MS = 1000;

/** What a host's controllers were told: every change of buttons or presence, and what each does now. */
class PadSink implements InputSink {
  readonly transitions: string[] = [];
  readonly now = new Map<number, GamepadState>();

  key(): void {}
  button(): void {}
  moveAbsolute(): void {}
  moveRelative(): void {}
  scroll(): void {}
  gamepad(index: number, state: GamepadState | undefined): void {
    const before = this.now.get(index);
    if (state === undefined) {
      assert.ok(before !== undefined, "what is not there cannot go");
      this.now.delete(index);
      this.transitions.push(`${index} gone`);
      return;
    }
    this.now.set(index, { ...state });
    if (before === undefined) this.transitions.push(`${index} there`);
    if ((before?.buttons ?? 0) !== state.buttons)
      this.transitions.push(`${index} ${state.buttons.toString(2)} at ${state.leftX}`);
  }
}

const pad = (buttons: number, leftX = 0): GamepadState => ({ ...NEUTRAL_GAMEPAD, buttons, leftX });

test("a client that has no controller sends what it always has", () => {
  const sender = new InputSender();
  sender.key(4, true);
  sender.gamepad(4, pad(1));
  sender.gamepad(0, undefined);
  const bytes = sender.poll(0)!;
  assert.deepEqual([bytes.length, bytes[1]], [inputDatagramBytes(1), 0]);
  sender.gamepad(0, pad(0));
  assert.equal(sender.poll(1)!.length, inputDatagramBytes(1, 2));
  sender.onAcknowledged(1);
  sender.gamepad(0, undefined);
  const last = sender.poll(2)!;
  assert.deepEqual([last.length, last[1]], [inputDatagramBytes(0, 1), 2]);
  sender.onAcknowledged(2);
  sender.key(4, false);
  assert.equal(sender.poll(3)![1], 0);
});

test("a press and its release of which every datagram but the last was lost are both played", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new PadSink()];
  sender.gamepad(0, pad(0));
  sender.poll(0);
  sender.gamepad(0, pad(1, 900));
  sender.poll(4 * MS);
  sender.gamepad(0, pad(0, 100));
  receiver.receive(sender.poll(8 * MS)!, 8 * MS, sink);
  assert.deepEqual(sink.transitions, ["0 there", "0 1 at 900", "0 0 at 100"]);
  assert.equal(receiver.pollAcknowledgement(8 * MS), 2);
  receiver.receive(sender.poll(18 * MS)!, 18 * MS, sink);
  assert.equal(sink.transitions.length, 3);
});

test("a tap is played even if all of it happened between two datagrams", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new PadSink()];
  for (const buttons of [0, 1, 0, 2, 0]) sender.gamepad(3, pad(buttons));
  sender.gamepad(3, undefined);
  receiver.receive(sender.poll(0)!, 0, sink);
  assert.deepEqual(sink.transitions.join(), "3 there,3 1 at 0,3 0 at 0,3 10 at 0,3 0 at 0,3 gone");
});

test("presses are acknowledged at once, mere motion of sticks at most every 5 ms, and repeats at once", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new PadSink()];
  const receive = (now: number) => {
    receiver.receive(sender.poll(now)!, now, sink);
    return receiver.pollAcknowledgement(now);
  };
  sender.gamepad(0, pad(1));
  assert.equal(receive(0), 0);
  sender.gamepad(0, pad(1, 5));
  assert.equal(receive(1 * MS), undefined);
  assert.equal(receiver.pollTimeout(), 5 * MS);
  assert.equal(receiver.pollAcknowledgement(5 * MS), 1);
  assert.equal(receive(11 * MS), 2);
});

test("numbers beyond their range are clamped, and what is the same is not sent", () => {
  const sender = new InputSender();
  const wild = { ...NEUTRAL_GAMEPAD, buttons: -1, leftTrigger: 300, leftX: -40_000, rightY: 1.6 };
  sender.gamepad(0, { ...wild, rightX: Number.NaN });
  const state = createInputState();
  readInputDatagram(sender.poll(0)!, state);
  assert.deepEqual(state.gamepads.records[0], {
    ...{ index: 0, present: true, buttons: 0x1ffff, leftTrigger: 255, rightTrigger: 0 },
    ...{ leftX: -32_768, leftY: 0, rightX: 0, rightY: 2 },
  });
  sender.gamepad(0, wild);
  assert.notEqual(sender.pollTimeout(), Number.NEGATIVE_INFINITY);
});

test("a controller that is held through 500 ms of silence comes to rest, stays there, and goes on", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new PadSink()];
  sender.gamepad(1, pad(1, -5));
  receiver.receive(sender.poll(0)!, 0, sink);
  sender.onAcknowledged(receiver.pollAcknowledgement(0)!);
  assert.ok(sender.holdsAnything);
  assert.equal(sender.pollTimeout(), 100 * MS);
  assert.equal(receiver.pollTimeout(), 500 * MS);
  receiver.handleTimeout(500 * MS, sink);
  assert.deepEqual([...sink.now], [[1, { ...NEUTRAL_GAMEPAD, index: 1, present: true }]]);
  assert.ok(!receiver.holdsAnything);
  receiver.receive(sender.poll(600 * MS)!, 600 * MS, sink);
  assert.equal(sink.now.get(1)?.leftX, -5);
  receiver.unplugGamepads(sink);
  receiver.unplugGamepads(sink);
  assert.deepEqual(sink.transitions.at(-1), "1 gone");
});

test("a controller at rest needs no heartbeat, and is not taken away by silence", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new PadSink()];
  sender.gamepad(0, pad(0));
  receiver.receive(sender.poll(0)!, 0, sink);
  sender.onAcknowledged(receiver.pollAcknowledgement(0)!);
  assert.equal(sender.pollTimeout(), undefined);
  assert.equal(receiver.pollTimeout(), undefined);
  receiver.handleTimeout(10_000 * MS, sink);
  assert.deepEqual(sink.transitions, ["0 there"]);
});

test("releaseAll of a client puts its controllers to rest, and tells of it", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new PadSink()];
  sender.gamepad(0, pad(1, 7));
  sender.gamepad(2, pad(0));
  receiver.receive(sender.poll(0)!, 0, sink);
  sender.releaseAll();
  assert.ok(!sender.holdsAnything);
  receiver.receive(sender.poll(1)!, 1, sink);
  assert.deepEqual([sink.now.get(0)?.buttons, sink.now.get(0)?.leftX, sink.now.size], [0, 0, 2]);
});

test("where more was lost than is repeated, what the controllers do now decides", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new PadSink()];
  sender.gamepad(0, pad(0));
  receiver.receive(sender.poll(0)!, 0, sink);
  for (let press = 1; press <= 40; press++) {
    sender.gamepad(0, pad(press % 2, press));
    sender.poll(press);
  }
  sender.gamepad(1, pad(4));
  sender.gamepad(0, undefined);
  receiver.receive(sender.poll(50)!, 50, sink);
  assert.deepEqual([...sink.now.keys()], [1]);
  assert.equal(sink.now.get(1)?.buttons, 4);
  assert.equal(receiver.counters.gaps, 1);
});

test("each client's controllers get a place of their own, and give it back when they or it are gone", () => {
  const sink = new PadSink();
  const held = new HeldState(sink);
  const [one, two] = [held.attach(), held.attach()];
  one.gamepad(0, pad(1));
  two.gamepad(0, pad(2));
  two.gamepad(1, pad(4));
  two.gamepad(2, pad(8));
  one.gamepad(7, pad(1));
  one.gamepad(1, pad(16));
  one.gamepad(1, undefined);
  const places = () => [...sink.now].map(([place, { buttons }]) => `${place}:${buttons}`).sort();
  assert.deepEqual(places(), ["0:1", "1:2", "2:4", "3:8"]);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  assert.deepEqual(places(), ["1:2", "2:4", "3:8"]);
  two.gamepad(3, pad(32));
  assert.deepEqual(places(), ["0:32", "1:2", "2:4", "3:8"]);
  two.gamepad(0, undefined);
  two.gamepad(0, undefined);
  two[Symbol.dispose]();
  assert.deepEqual(places(), []);
});

/** Plays presses, sticks and pulled plugs 8 ms apart over a link, and then lets a clean link settle it. */
function simulate(seed: number, link: Link, actions: number, firstNumber: number) {
  const random = seededRandom(seed);
  const sender = new InputSender({ firstNumber });
  const receiver = new InputReceiver({ firstNumber });
  const [truth, host] = [new PadSink(), new PadSink()];
  const flying: { at: number; arrive: () => void }[] = [];
  const end = actions * 8;
  const pick = (count: number): number => Math.floor(random() * count);
  const act = (): void => {
    const index = pick(3);
    const before = truth.now.get(index) ?? NEUTRAL_GAMEPAD;
    const kind = pick(8);
    if (kind === 0) {
      sender.gamepad(index, undefined);
      if (truth.now.has(index)) truth.gamepad(index, undefined);
      return;
    }
    const state =
      kind < 4
        ? { ...before, leftX: pick(65_536) - 32_768, rightTrigger: pick(256) }
        : { ...before, buttons: before.buttons ^ (1 << pick(17)) };
    sender.gamepad(index, state);
    truth.gamepad(index, state);
  };
  for (let now = 0; now < end + 2_000; now++) {
    const { blackout = [0, 0] } = link;
    const isDark = now >= blackout[0] && now < blackout[1];
    const send = (arrive: () => void): void => {
      const isClean = now > end;
      if (!isClean && (isDark || random() < link.loss)) return;
      for (let copies = !isClean && random() < link.doubling ? 2 : 1; copies > 0; copies--)
        flying.push({ at: now + (isClean ? 1 : pick(link.delayMillis)), arrive });
    };
    if (now < end && now % 8 === 0) act();
    const datagram = sender.poll(now * MS)?.slice();
    if (datagram !== undefined) send(() => receiver.receive(datagram, now * MS, host));
    for (const packet of flying.filter(({ at }) => at <= now)) {
      flying.splice(flying.indexOf(packet), 1);
      packet.arrive();
    }
    receiver.handleTimeout(now * MS, host);
    const sequence = receiver.pollAcknowledgement(now * MS);
    if (sequence !== undefined) send(() => sender.onAcknowledged(sequence));
  }
  return { truth, host, receiver };
}

const states = ({ now }: PadSink) =>
  [...now].map(([index, { buttons, leftX }]) => `${index}: ${buttons} ${leftX}`).sort();

test("with a third of all datagrams lost, doubled and reordered no press is lost, doubled or misplaced", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { truth, host, receiver } = simulate(
      ...[seed, { loss: 0.33, doubling: 0.3, delayMillis: 25 }, 150, 0xffff_fff0],
    );
    assert.deepEqual(host.transitions, truth.transitions, `seed ${seed}`);
    assert.deepEqual(states(host), states(truth), `seed ${seed}`);
    assert.equal(receiver.counters.gaps, 0);
  }
});

test("after any pattern of loss the host's controllers do what the client's do", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.double({ min: 0, max: 0.97, noNaN: true }),
      fc.integer({ min: 1, max: 120 }),
      fc.tuple(fc.integer({ min: 0, max: 800 }), fc.integer({ min: 0, max: 1500 })),
      fc.constantFrom(0, 0xffff_fff0, 0x7fff_fff8),
      (seed, loss, delayMillis, [from, length], firstNumber) => {
        const link = { loss, doubling: 0.3, delayMillis, blackout: [from, from + length] as const };
        const { truth, host, receiver } = simulate(seed, link, 100, firstNumber);
        assert.deepEqual(states(host), states(truth));
        const { gaps, expiries } = receiver.counters;
        if (gaps + expiries === 0) assert.deepEqual(host.transitions, truth.transitions);
      },
    ),
    { numRuns: 50 },
  );
});
