import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { StreamSettings } from "@wavry/rift-core/control";
import type { WebAnswer } from "@wavry/signaling";
import { FakeHost, type FakeHostOptions } from "../fake-host.ts";
import { openRealPage, type RealPage } from "../real-page.ts";
import { ScreenTab } from "../screen-tab.ts";

/** Nobody listens there. */
const CLOSED_PORT = 9;

describe("<wavry-screen> on the lower rungs", () => {
  let real: RealPage;
  let tab: ScreenTab;
  before(async () => {
    real = await openRealPage();
  });
  after(() => real[Symbol.asyncDispose]());
  beforeEach(async () => {
    await tab?.page.context().close();
    tab = await ScreenTab.prepare(await real.open());
  });

  function settings(host: FakeHost): StreamSettings[] {
    return host.controls.flatMap(({ body }) =>
      body.case === "streamSettings" ? [body.value] : [],
    );
  }

  /** Sends a colour on the track until the page shows it. */
  async function showOnTrack(host: FakeHost, colour: number): Promise<void> {
    host.studio.fill(host.studio.whole, colour);
    const timer = setInterval(() => host.sendTrack(), 100);
    try {
      await tab.untilMiddle(colour);
    } finally {
      clearInterval(timer);
    }
  }

  /** What the element's sound does. */
  function soundState(): Promise<{ hasSource: boolean; paused: boolean; seconds: number }> {
    return tab.page.evaluate(() => {
      const audio = document.querySelector("wavry-screen")!.shadowRoot!.querySelector("audio")!;
      const { srcObject, paused, currentTime } = audio;
      return { hasSource: srcObject !== null, paused, seconds: currentTime };
    });
  }

  async function connected(
    options: FakeHostOptions,
    wants?: { transports?: string[] },
  ): Promise<FakeHost> {
    const host = await FakeHost.open(tab.browser, options);
    await tab.connect(host, wants);
    assert.equal(await tab.outcome(), "connected");
    return host;
  }

  it("shows a WebRTC track and steers over its channel where there is no WebTransport", async () => {
    await using host = await connected({ ways: ["webrtc"] });
    assert.deepEqual((await tab.log()).transports, ["webrtc"]);
    // The host may welcome us before it has read what follows our hello.
    await tab.until(
      () => settings(host),
      (all) => all.some(({ videoTrack }) => videoTrack),
    );
    await showOnTrack(host, 0x3060a0);
    await tab.page.mouse.click(320, 200);
    await tab.until(
      () => host.input,
      (input) => input.includes("at 160 100") && input.includes("button 1 up"),
    );
    assert.equal(host.transports.length, 0);
  });

  it("falls to WebRTC where nothing answers at the port of WebTransport", async () => {
    const alter = (answer: WebAnswer): WebAnswer => ({
      ...answer,
      ...(answer.webtransport && {
        webtransport: { ...answer.webtransport, port: CLOSED_PORT },
      }),
    });
    await using host = await connected({ ways: ["webtransport", "webrtc"], alter });
    assert.deepEqual((await tab.log()).transports, ["webrtc"]);
    await showOnTrack(host, 0xa06030);
  });

  it("tries nothing but what the page allows", async () => {
    await using host = await connected(
      { ways: ["webtransport", "webrtc"] },
      { transports: ["webrtc"] },
    );
    assert.deepEqual(host.offers, [["webrtc"]]);
    assert.deepEqual((await tab.log()).transports, ["webrtc"]);
  });

  it("steers over WebTransport and watches by WebRTC where the browser cannot decode pictures itself", async () => {
    await tab.page.evaluate(() => {
      // The worker asks for itself and tells what it can; so what it tells is changed.
      const Original = window.Worker;
      window.Worker = class extends Original {
        override set onmessage(listener: ((event: MessageEvent) => void) | null) {
          super.onmessage = (event) => {
            if (event.data.type === "ready") event.data.codecs = [];
            listener?.call(this, event);
          };
        }
      };
    });
    await using host = await connected({ ways: ["webtransport", "webrtc"] });
    assert.deepEqual((await tab.log()).transports, ["webtransport+webrtc"]);
    assert.equal(host.transports.length, 1);
    await tab.until(
      () => settings(host),
      (all) => all.some(({ videoTrack }) => videoTrack),
    );
    await showOnTrack(host, 0x50a050);
    // The picture's size is known once it plays.
    await tab.until(
      () => tab.log(),
      ({ stats }) =>
        stats.some(
          ({ transport, width, height }) =>
            transport === "webtransport+webrtc" && width === 320 && height === 200,
        ),
    );
  });

  it("changes to WebRTC while it runs, in the same session, and back to packets", async () => {
    await using host = await connected({ ways: ["webtransport", "webrtc"] });
    assert.deepEqual((await tab.log()).transports, ["webtransport"]);
    host.options = { ...host.options, ways: ["webrtc"] };
    host.transports[0]!.drop();
    await tab.until(
      () => tab.log(),
      ({ states, transports }) => states.at(-1) === "connected" && transports.at(-1) === "webrtc",
    );
    assert.equal(host.connections.length, 1, "the session was moved and not made anew");
    await tab.until(
      () => settings(host),
      (all) => all.at(-1)?.videoTrack === true,
    );
    await showOnTrack(host, 0x905090);
    host.options = { ...host.options, ways: ["webtransport"] };
    host.peers.at(-1)!.close();
    await tab.until(
      () => tab.log(),
      ({ states, transports }) =>
        states.at(-1) === "connected" && transports.at(-1) === "webtransport",
      40_000,
    );
    host.studio.fill(host.studio.whole, 0x209090);
    host.connection.sendUpdate(host.studio.keyframe());
    await tab.untilMiddle(0x209090);
  });

  it("plays the sound of a host that sends some, as loud as the page wants it", async () => {
    await using host = await connected({ ways: ["webrtc"], sound: true });
    const timer = setInterval(() => host.sendSound(), 20);
    try {
      await tab.until(
        () => soundState(),
        ({ paused, seconds }) => !paused && seconds > 0.2,
      );
    } finally {
      clearInterval(timer);
    }
    const found = await tab.page.evaluate(() => {
      const screen = document.querySelector("wavry-screen")!;
      const { muted, volume } = screen.shadowRoot!.querySelector("audio")!;
      const before = [screen.muted, screen.volume, muted, volume];
      screen.muted = true;
      screen.volume = 0.25;
      const audio = screen.shadowRoot!.querySelector("audio")!;
      const refused = [-0.1, 1.1, Number.NaN].map((wrong) => {
        try {
          screen.volume = wrong;
        } catch (error) {
          return (error as Error).name;
        }
        return "taken";
      });
      return { before, after: [screen.muted, screen.volume, audio.muted, audio.volume], refused };
    });
    assert.deepEqual(found, {
      before: [false, 1, false, 1],
      after: [true, 0.25, true, 0.25],
      refused: ["RangeError", "RangeError", "RangeError"],
    });
    await tab.page.evaluate(() => document.querySelector("wavry-screen")!.disconnect());
    await tab.until(
      () => soundState(),
      ({ hasSource, paused }) => !hasSource && paused,
    );
  });

  it("starts the sound with the next click where the browser wants one first", async () => {
    await tab.page.evaluate(() => {
      const scope = window as unknown as { refusals: number; mayPlay: boolean };
      scope.refusals = 0;
      scope.mayPlay = false;
      const { play } = HTMLMediaElement.prototype;
      HTMLAudioElement.prototype.play = function (): Promise<void> {
        if (scope.mayPlay) return play.call(this);
        scope.refusals++;
        return Promise.reject(new DOMException("not yet", "NotAllowedError"));
      };
    });
    const refusals = () =>
      tab.page.evaluate(() => (window as unknown as { refusals: number }).refusals);
    await using host = await connected({ ways: ["webrtc"], sound: true });
    const timer = setInterval(() => host.sendSound(), 20);
    try {
      const first = await tab.until(refusals, (count) => count > 0);
      // One that does not do leaves the next to try.
      await tab.page.mouse.click(320, 200);
      await tab.until(refusals, (count) => count > first);
      assert.ok((await soundState()).paused);
      await tab.page.evaluate(() => {
        (window as unknown as { mayPlay: boolean }).mayPlay = true;
      });
      await tab.page.mouse.click(320, 200);
      await tab.until(
        () => soundState(),
        ({ paused, seconds }) => !paused && seconds > 0,
      );
    } finally {
      clearInterval(timer);
    }
  });

  it("has nothing to play where the host sends no sound", async () => {
    await using host = await connected({ ways: ["webrtc"] });
    await showOnTrack(host, 0x406080);
    const { hasSource, paused } = await soundState();
    assert.deepEqual([hasSource, paused], [false, true]);
  });

  it("opens no WebRTC connection to a fingerprint that the host has not signed", async () => {
    const other = Array.from({ length: 32 }, () => "AB").join(":");
    await using host = await FakeHost.open(tab.browser, {
      ways: ["webrtc"],
      tamper: (body) => body.replace(/(sha-256 )[0-9A-F:]{95}/, `$1${other}`),
    });
    await tab.connect(host);
    assert.match(await tab.outcome(), /^wrong-identity: /);
  });

  it("breaks no rule of a strict content security policy", () => {
    assert.deepEqual(real.complaints, []);
  });
});
