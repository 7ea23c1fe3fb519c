import assert from "node:assert/strict";
import { test } from "node:test";
import { pressedKeycodes, queryPointer } from "@wavry/x11";
import { banUser } from "../../../apps/gateway/src/accounts/account-state.ts";
import { makePerson, type Person } from "../../../apps/web/test/person.ts";
import type { Tab } from "../../../apps/web/test/real-browser.ts";
import { until } from "../pair.ts";
import { setUp } from "./set-up.ts";
import { connect, openAs, placeOf, screenIs, untilShown, untilShows } from "./stage.ts";

const KEY_A = 38;
const BUTTON_1 = 1 << 8;

const scene = setUp();

async function openScreen(person: Person): Promise<Tab> {
  const tab = await openAs(scene.browser, person);
  await connect(tab.page);
  return tab;
}

/** The owner lets somebody in, who agrees. */
async function share(to: Person, rights: readonly string[]): Promise<void> {
  const call = async (person: Person, path: string, body?: object): Promise<{ id: string }> => {
    const response = await fetch(scene.stage.origin + path, {
      method: "POST",
      headers: {
        authorization: `Bearer ${person.client.token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    assert.ok(response.ok, await response.clone().text());
    return (await response.json()) as { id: string };
  };
  const offer = { to: to.username, rights, askFirst: false };
  const { id } = await call(scene.stage.owner, `/api/v1/hosts/${scene.stage.hostId}/grants`, offer);
  await call(to, `/api/v1/grant-offers/${id}/acceptance`);
}

test("a click on the machine shows its screen, and what changes there shows here", async () => {
  await using tab = await openScreen(scene.stage.owner);
  const { page } = tab;
  await untilShows(page, 0x204060);
  assert.equal(await screenIs(page, "transport"), "webtransport");
  scene.stage.paint(0xa05010);
  await untilShows(page, 0xa05010);
  assert.deepEqual(tab.complaints, []);
});

test("pointer, buttons and keys arrive, and what is held is released when the page loses the focus", async () => {
  await using tab = await openScreen(scene.stage.owner);
  const { page } = tab;
  const { mouse, keyboard } = page;
  const from = await placeOf(page, 400, 300);
  await mouse.move(from.x, from.y);
  await until("the pointer is there", () => {
    const { x, y } = queryPointer(scene.stage.onHost);
    return Math.abs(x - 400) <= 1 && Math.abs(y - 300) <= 1;
  });
  await mouse.down();
  await until("the button is down", () => (queryPointer(scene.stage.onHost).mask & BUTTON_1) !== 0);
  const to = await placeOf(page, 900, 500);
  await mouse.move(to.x, to.y, { steps: 5 });
  await until("it is dragged", () => {
    const { x, y, mask } = queryPointer(scene.stage.onHost);
    return Math.abs(x - 900) <= 1 && Math.abs(y - 500) <= 1 && (mask & BUTTON_1) !== 0;
  });
  await mouse.up();
  await until("the button is up", () => (queryPointer(scene.stage.onHost).mask & BUTTON_1) === 0);
  await keyboard.down("a");
  await until("the key is down", () => pressedKeycodes(scene.stage.onHost).includes(KEY_A));
  await page.evaluate("window.dispatchEvent(new Event('blur'))");
  await until("the key is up", () => pressedKeycodes(scene.stage.onHost).length === 0);
});

test("a page that is closed or loaded anew leaves no key pressed, and comes back by itself", async () => {
  await using tab = await openScreen(scene.stage.owner);
  const { page } = tab;
  await page.evaluate('document.querySelector("wavry-screen").requestInput()');
  await page.keyboard.down("a");
  await until("the key is down", () => pressedKeycodes(scene.stage.onHost).includes(KEY_A));
  await page.reload();
  await until("the key is up", () => pressedKeycodes(scene.stage.onHost).length === 0);
  await untilShown(page);
  await untilShows(page, 0x204060);
});

test("several may watch at once; who may only watch types nothing, and is out when that is taken back", async () => {
  const vera = await makePerson(scene.stage.origin, "vera");
  await share(vera, ["view"]);
  await using first = await openScreen(scene.stage.owner);
  await using second = await openScreen(vera);
  scene.stage.paint(0x306030);
  await untilShows(first.page, 0x306030);
  await untilShows(second.page, 0x306030);
  const place = await placeOf(second.page, 200, 200);
  await second.page.mouse.click(place.x, place.y);
  await second.page.keyboard.down("a");
  const own = await placeOf(first.page, 700, 100);
  await first.page.mouse.move(own.x, own.y);
  await until(
    "the owner's pointer moves",
    () => Math.abs(queryPointer(scene.stage.onHost).x - 700) <= 1,
  );
  assert.deepEqual(pressedKeycodes(scene.stage.onHost), []);
  const grants = await fetch(`${scene.stage.origin}/api/v1/hosts/${scene.stage.hostId}/grants`, {
    headers: { authorization: `Bearer ${scene.stage.owner.client.token}` },
  });
  const { grants: list } = (await grants.json()) as { grants: { id: string }[] };
  for (const { id } of list)
    await fetch(`${scene.stage.origin}/api/v1/grants/${id}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${scene.stage.owner.client.token}` },
    });
  await second.page.getByRole("heading", { name: "Your access was taken back" }).waitFor();
  assert.equal(await screenIs(first.page, "state"), "connected");
});

test("who is banned while watching is out at once and told so", async () => {
  const boris = await makePerson(scene.stage.origin, "boris");
  await share(boris, ["view", "control"]);
  await using tab = await openScreen(boris);
  const { context } = scene.stage.gateway;
  const user = await context.store.db
    .selectFrom("users")
    .select("id")
    .where("username", "=", "boris")
    .executeTakeFirstOrThrow();
  await banUser(
    context,
    { actor: "system", address: "" },
    { userId: user.id, until: null, reason: "" },
  );
  await tab.page.getByRole("heading", { name: "Your account is banned" }).waitFor();
});

test("a host that stops says so, and is back by a click once it runs again", async () => {
  await using tab = await openScreen(scene.stage.owner);
  await scene.stage.stopHost();
  await tab.page.getByRole("heading", { name: "The machine has stopped sharing" }).waitFor();
  await scene.stage.startHost();
  scene.stage.paint(0x705020);
  await tab.page.getByRole("button", { name: "Connect again" }).click();
  await untilShown(tab.page);
  await untilShows(tab.page, 0x705020);
});
