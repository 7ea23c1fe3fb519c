import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { ReachableHost } from "@wavry/signaling";
import { WebSocketServer } from "ws";
import { watchHosts } from "../src/index.ts";

const DEN = {
  ...{ id: `wavry1${"q".repeat(58)}`, name: "den", platform: "linux", online: true, own: true },
  ...{ ownerName: "Ada", rights: ["view"], askFirst: false, expiresAt: null, grantId: null },
  ...{ capabilities: [], monitors: [] },
} as unknown as ReachableHost;

test("hosts are heard again after a loss, what is no list is left out, and a sign-in that ended is told once", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const paths: (string | undefined)[] = [];
  server.on("connection", (socket, { url }) => {
    paths.push(url);
    socket.send("nonsense");
    socket.send(JSON.stringify({ hosts: [{ name: "half" }] }));
    socket.send(JSON.stringify({ hosts: paths.length === 1 ? [] : [DEN] }));
    if (paths.length === 1) socket.close(1012);
    else socket.close(4401);
  });
  const lists: (readonly ReachableHost[])[] = [];
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    watchHosts({
      url: `http://127.0.0.1:${port}/gate/?a#b`,
      onHosts: (hosts) => lists.push(hosts),
      onSignedOut: resolve,
      backOff: { firstMillis: 5, maxMillis: 20 },
    });
  });
  assert.deepEqual(lists, [[], [DEN]]);
  assert.deepEqual(paths, ["/gate/api/v1/hosts/live", "/gate/api/v1/hosts/live"]);
  server.close();
  await once(server, "close");
});

test("once disposed it neither tells nor comes back", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  let told = 0;
  const watching = watchHosts({ url: `http://127.0.0.1:${port}`, onHosts: () => told++ });
  const [socket] = await once(server, "connection");
  socket.send(JSON.stringify({ hosts: [] }));
  while (told === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  watching[Symbol.dispose]();
  const [code] = await once(socket, "close");
  assert.equal(code, 1000);
  assert.equal(told, 1);
  server.close();
  await once(server, "close");
});
