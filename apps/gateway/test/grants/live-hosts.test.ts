import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { ReachableHostList } from "@wavry/signaling";
import { WebSocket } from "ws";
import { enrolDevice, makePerson, openSocket, type Person } from "../helpers/devices.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

interface Watching extends Disposable {
  readonly lists: ReachableHostList["hosts"][];
  closedWith: number | undefined;
}

function watch(gateway: Gateway, person?: Person, origin?: string): Watching {
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/api/v1/hosts/live`, {
    headers: {
      ...(person !== undefined && { authorization: `Bearer ${person.token}` }),
      ...(origin !== undefined && { origin }),
    },
  });
  const watching: Watching = {
    lists: [],
    closedWith: undefined,
    [Symbol.dispose]: () => socket.terminate(),
  };
  socket.on("message", (data) =>
    watching.lists.push((JSON.parse(String(data)) as ReachableHostList).hosts),
  );
  socket.on("error", () => {});
  socket.on("close", (code) => {
    watching.closedWith = code;
  });
  return watching;
}

const last = ({ lists }: Watching) => lists.at(-1)?.map(({ name, online }) => [name, online]);

test("a page hears at once which hosts there are, and when one comes and goes; others hear nothing of it", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const eve = await makePerson(gateway, "eve");
  const device = await enrolDevice(ada, "host");
  using page = watch(gateway, ada);
  using other = watch(gateway, eve);
  await until("the list comes", () => page.lists.length === 1 && other.lists.length === 1);
  assert.deepEqual(last(page), [["ada's host", false]]);
  assert.deepEqual(last(other), []);
  const presence = { capabilities: [], monitors: [], candidates: [] };
  const host = await openSocket(gateway, ada, device, { role: "host" });
  host.setPresence(presence);
  await until("it is online", () => page.lists.at(-1)?.[0]?.online === true);
  host[Symbol.dispose]();
  await until("it is offline", () => page.lists.at(-1)?.[0]?.online === false);
  assert.equal(other.lists.length, 1);
});

test("a person who was let in hears of that host too", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const bob = await makePerson(gateway, "bob");
  const device = await enrolDevice(ada, "host");
  await gateway.context.store.db
    .insertInto("grants")
    .values({
      ...{ id: "g".repeat(22), host_id: device.wavryId, user_id: bob.user.id, rights: '["view"]' },
      ...{ ask_first: 0, created_by: ada.user.id, created_at: 0, expires_at: null },
    })
    .execute();
  using page = watch(gateway, bob);
  await until("the list comes", () => page.lists.length === 1);
  using host = await openSocket(gateway, ada, device, { role: "host" });
  host.setPresence({ capabilities: [], monitors: [], candidates: [] });
  await until("it is online", () => page.lists.at(-1)?.[0]?.online === true);
});

test("it ends with the sign-in, and lets neither strangers nor other sites' pages watch", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  using page = watch(gateway, ada);
  await until("the list comes", () => page.lists.length === 1);
  using stranger = watch(gateway);
  await until("the stranger is refused", () => stranger.closedWith === 4401);
  using foreign = watch(gateway, ada, "https://elsewhere.example");
  await until("the other site is refused", () => foreign.closedWith === 1006);
  assert.deepEqual([stranger.lists, foreign.lists], [[], []]);
  await fetch(`${gateway.url}/api/v1/session`, {
    ...{ method: "DELETE", headers: { authorization: `Bearer ${ada.token}` } },
  });
  await until("it is closed", () => page.closedWith === 4401);
});

test("an account has so many pages at most, and the gateway's end does not wait for them", async () => {
  await using stack = new AsyncDisposableStack();
  const gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const pages = Array.from({ length: 33 }, () => stack.use(watch(gateway, ada)));
  const closed = () => pages.filter(({ closedWith }) => closedWith !== undefined);
  await until(
    "all but one are in",
    () => pages.filter(({ lists }) => lists.length > 0).length === 32,
  );
  await until("one is refused", () => closed().length === 1);
  await gateway[Symbol.asyncDispose]();
  await until("all are sent away", () => closed().length === 33);
  assert.ok(closed().some(({ closedWith }) => closedWith === 1012));
});
