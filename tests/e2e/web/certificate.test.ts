import assert from "node:assert/strict";
import { test } from "node:test";
import { MovedClock } from "../../../apps/web/test/web-gateway.ts";
import { useAlone } from "./browser.ts";
import { setUp } from "./set-up.ts";
import { connect, openAs, screenIs, untilPointerFollows, untilShown, untilShows } from "./stage.ts";

/** Longer than a certificate is in use, and not as long as it is good. */
const WEEK_MILLIS = 7 * 86_400_000;

const clock = new MovedClock();
const scene = setUp({ now: clock.now });

test("a session goes on while the host takes its next certificate into use, and pages come in with that one from then on", async () => {
  const { stage, browser } = scene;
  await using first = await openAs(browser, stage.owner);
  await useAlone(first.context, "webtransport");
  await first.page.reload();
  await connect(first.page);
  const session = await screenIs<string>(first.page, "sessionId");
  await first.page.evaluate(`{
    window.states = [];
    const screen = document.querySelector("wavry-screen");
    screen.addEventListener("statechange", ({ detail }) => window.states.push(detail.state));
  }`);
  const before = certificates();

  clock.skip(WEEK_MILLIS);
  await using later = await openAs(browser, stage.owner);
  await useAlone(later.context, "webtransport");
  await later.page.reload();
  await connect(later.page);
  const [inUse, next] = certificates();
  assert.equal(inUse, before[1], "the one that was announced is in use");
  assert.equal(before.includes(next!), false);
  stage.paint(0x306030);
  for (const { page } of [later, first]) {
    await untilShows(page, 0x306030);
    await untilPointerFollows(page, stage, { x: 300, y: 200 });
    await untilPointerFollows(page, stage, { x: 900, y: 500 });
  }
  assert.equal(await screenIs(first.page, "sessionId"), session);
  assert.deepEqual(await first.page.evaluate("window.states"), []);

  await first.page.reload();
  await untilShown(first.page);
  await untilShows(first.page, 0x306030);
  assert.equal(await screenIs(first.page, "transport"), "webtransport");
  assert.deepEqual(certificates(), [inUse, next]);
});

/** Hashes that the host named last: of the certificate in use, and of the next one. */
function certificates(): readonly string[] {
  const answer = scene.stage.events.findLast(
    (event) => event.type === "web" && event.kind === "answer",
  );
  if (answer?.type !== "web") throw new Error("the host has named none");
  const { payload } = JSON.parse(answer.body) as { payload: string };
  const { webtransport } = JSON.parse(payload) as { webtransport: { certificates: string[] } };
  return webtransport.certificates;
}
