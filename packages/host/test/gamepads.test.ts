import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { RecordingGamepads } from "@wavry/input/testing";
import { PairedDevices } from "@wavry/keyring";
import {
  CloseReason,
  type GamepadState,
  InputSender,
  NEUTRAL_GAMEPAD,
  SECOND,
} from "@wavry/rift-core";
import type { HostHello } from "@wavry/rift-core/control";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { monotonicMicros, RiftEndpoint } from "@wavry/rift-udp";
import type { Right } from "@wavry/signaling";
import { startTestDisplay } from "@wavry/x11/testing";
import { Host } from "../src/host.ts";
import { ClientSetup } from "./helpers/client-setup.ts";

const pad = (buttons: number, leftX = 0): GamepadState => ({ ...NEUTRAL_GAMEPAD, buttons, leftX });

function helloOf(setup: ClientSetup): { features: string[]; rights: { gamepad: boolean } } {
  setup.hello();
  const message = setup.controls.find(({ body }) => body?.case === "hostHello");
  return message!.body!.value as { features: string[]; rights: { gamepad: boolean } };
}

test("the feature is offered where there are controllers, and the right where it is granted besides", () => {
  for (const takesGamepads of [false, true])
    for (const rights of [["view"], ["view", "gamepad"]] as const) {
      using setup = new ClientSetup({ rights, takesGamepads });
      const hello = helloOf(setup);
      assert.equal(hello.features.includes("gamepad"), takesGamepads);
      assert.equal(hello.rights.gamepad, takesGamepads && rights.length === 2);
    }
});

test("controllers of a client that may use none are passed over and counted, and its keys are played", () => {
  for (const access of [
    { rights: ["control"] as const, takesGamepads: true },
    { takesGamepads: false },
  ]) {
    using setup = new ClientSetup(access);
    setup.hello();
    setup.sender.gamepad(0, pad(1));
    setup.sender.key(4, true);
    setup.sendInput();
    assert.deepEqual(setup.played, ["key 4 down"]);
    assert.equal(setup.client.deniedInputs, 1);
    assert.equal(setup.acknowledged.length, 1);
    setup.sender.key(4, false);
    setup.sendInput();
    assert.equal(setup.client.deniedInputs, 1);
    setup.suspend();
    setup.client[Symbol.dispose]();
    assert.deepEqual(setup.played, ["key 4 down", "key 4 up"]);
  }
});

test("who may only play by controller does nothing else, and is told so once", () => {
  using setup = new ClientSetup({ rights: ["gamepad"], takesGamepads: true });
  setup.hello();
  setup.sender.gamepad(0, pad(1));
  setup.sendInput();
  assert.equal(setup.client.deniedInputs, 0);
  for (const down of [true, false]) {
    setup.sender.key(4, down);
    setup.sender.button(1, down);
    setup.sender.pointerAbsolute(down ? 1 : 2, 3);
    setup.sender.scroll(120, 120);
    setup.sendInput();
  }
  setup.control({ body: { case: "textInput", value: { text: "no" } } });
  assert.deepEqual(setup.played, ["pad 0 1 0"]);
  assert.equal(setup.client.deniedInputs, 3);
  const notices = setup.controls.filter(({ body }) => body?.case === "notice");
  assert.equal(notices.length, 1);
});

test("what was kept out begins at once when its right comes, and ends at once when it goes", () => {
  using setup = new ClientSetup({ rights: ["gamepad"], takesGamepads: true });
  setup.hello();
  setup.sender.gamepad(0, pad(1));
  setup.sender.key(4, true);
  setup.sendInput();
  setup.client.setRights(new Set<Right>(["control"]));
  assert.deepEqual(setup.played, ["pad 0 1 0", "pad 0 gone"]);
  setup.sender.gamepad(0, pad(1, 5));
  setup.sendInput();
  assert.deepEqual(setup.played.splice(0), ["pad 0 1 0", "pad 0 gone", "key 4 down"]);
  setup.client.setRights(new Set<Right>(["gamepad"]));
  setup.sender.gamepad(0, pad(1, 6));
  setup.sendInput();
  assert.deepEqual(setup.played, ["key 4 up", "pad 0 1 6"]);
});

test("a client that falls silent leaves its controllers at rest, one that is gone leaves none", () => {
  using setup = new ClientSetup({ takesGamepads: true });
  setup.hello();
  setup.sender.gamepad(2, pad(3, -9));
  setup.sendInput();
  setup.suspend();
  assert.deepEqual(setup.played.splice(0), ["pad 0 3 -9", "pad 0 0 0"]);
  setup.client[Symbol.dispose]();
  setup.client[Symbol.dispose]();
  assert.deepEqual(setup.played, ["pad 0 gone"]);
});

test("a guest whom a person is asked about has no controller until they agree", () => {
  using setup = new ClientSetup({ ask: true, takesGamepads: true });
  setup.hello();
  setup.sender.gamepad(0, pad(1));
  setup.sendInput();
  assert.deepEqual(setup.played, []);
  setup.client.agree();
  setup.sender.gamepad(0, pad(1, 2));
  setup.sendInput();
  assert.deepEqual(setup.played.at(-1), "pad 0 1 2");
});

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `still not: ${what}`);
    await sleep(5);
  }
}

/** A guest on a real host whose controllers are written down. */
async function joinHost(stack: AsyncDisposableStack, rights: readonly Right[]) {
  const display = stack.use(await startTestDisplay({ width: 320, height: 240 }));
  const directory = mkdtempSync(join(tmpdir(), "wavry-gamepads-"));
  stack.defer(() => rmSync(directory, { recursive: true }));
  const gamepads = new RecordingGamepads();
  const [identity, guest] = [createIdentity(suite), createIdentity(suite)];
  const host = stack.use(
    await Host.start({
      ...{ identity, suite, devices: PairedDevices.open(directory), name: "den", gamepads },
      ...{ display: display.display, address: "127.0.0.1", port: 0, prefer: "plain", web: false },
    }),
  );
  const now = monotonicMicros();
  const { wavryId, staticKey } = guest;
  host.expectGuest({
    ...{ sessionId: "s".repeat(22), wavryId, staticKey, name: "Ada", ask: false },
    ...{ rights: new Set(rights), admitUntil: now + 60 * SECOND, endsAt: now + 3600 * SECOND },
  });
  const endpoint = stack.use(
    await RiftEndpoint.bind({ identity: guest, suite, address: "127.0.0.1", prefer: "plain" }),
  );
  const connection = await endpoint.connect({
    addresses: [host.address],
    remote: { wavryId: identity.wavryId, staticKey: identity.staticKey },
  });
  const sender = new InputSender();
  let welcome: HostHello | undefined;
  connection.onControl = ({ body }) => {
    if (body.case === "hostHello") welcome = body.value;
  };
  connection.onInputAcknowledged = (sequence) => sender.onAcknowledged(sequence);
  const value = { protocolVersion: 1, deviceName: "pad", codecs: ["h264"] };
  connection.sendControl({ body: { case: "hello", value } });
  await until(() => welcome !== undefined, "the guest is welcome");
  return {
    ...{ host, connection, events: gamepads.events, welcome: welcome! },
    /** Sends what the controller does until the host has acknowledged it. */
    async play(index: number, state: GamepadState | undefined): Promise<void> {
      sender.gamepad(index, state);
      let isFirst = true;
      await until(() => {
        const now = monotonicMicros();
        const datagram = sender.poll(now);
        if (datagram !== undefined) connection.sendInput(datagram);
        const at = sender.pollTimeout();
        const isDone = !isFirst && (at === undefined || at - now > 50_000);
        isFirst = false;
        return isDone;
      }, "the host has it");
    },
  };
}

test("a controller of a guest's is plugged into a real host, plays, and is gone with the session", async () => {
  await using stack = new AsyncDisposableStack();
  const { host, connection, events, welcome, play } = await joinHost(stack, ["view", "gamepad"]);
  assert.ok(welcome.features.includes("gamepad") && welcome.rights?.gamepad === true);
  await play(1, pad(0));
  await play(1, { ...pad(1, -32_767), rightTrigger: 255 });
  await until(() => events.length === 2, "it plays");
  assert.deepEqual(events, [
    "pad 0 buttons 0 triggers 0,0 sticks 0,0,0,0",
    "pad 0 buttons 1 triggers 0,255 sticks -32767,0,0,0",
  ]);
  // At rest, so that no silence comes in between.
  await play(1, pad(0));
  connection.close(CloseReason.done);
  await until(() => host.clientCount === 0 && events.at(-1) === "pad 0 gone", "it is gone");
});

test("without the right no controller of a guest's reaches a real host", async () => {
  await using stack = new AsyncDisposableStack();
  const { host, events, welcome, play } = await joinHost(stack, ["view", "control"]);
  assert.ok(welcome.features.includes("gamepad") && welcome.rights?.gamepad !== true);
  await play(0, pad(1));
  await play(0, pad(0));
  assert.deepEqual(events, []);
  host.setGuestRights("s".repeat(22), ["view", "gamepad"]);
  await play(0, pad(2));
  await until(() => events.length > 0, "it plays now");
  assert.match(events[0]!, /^pad 0 buttons 2 /);
});
