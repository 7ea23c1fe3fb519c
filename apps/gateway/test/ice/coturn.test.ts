import assert from "node:assert/strict";
import { test } from "node:test";
import type { IceServers } from "@wavry/signaling";
import { turnCredentials } from "../../src/ice/turn-credentials.ts";
import { makePerson } from "../helpers/devices.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";
import { allocate } from "../helpers/turn-client.ts";
import { hasTurnServer, startTurnServer } from "../helpers/turn-server.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

test("coturn gives a relay for a gateway's credentials, and none for old, changed or others' ones", {
  skip: hasTurnServer() ? false : "coturn is not installed: apt-get install coturn",
}, async () => {
  await using server = await startTurnServer(SECRET);
  const { port } = server;
  await using gateway = await startTestGateway({
    ice: {
      stunUrls: [],
      turn: { urls: [`turn:127.0.0.1:${port}?transport=udp`], secret: SECRET },
    },
  });
  const ada = await makePerson(gateway, "ada");
  const response = await gateway.app.inject({
    url: "/api/v1/ice-servers",
    headers: { authorization: `Bearer ${ada.token}` },
  });
  const { username, credential } = response.json<IceServers>().iceServers[0]!;
  assert.ok(username !== undefined && credential !== undefined);
  assert.equal(await allocate({ port, username, credential }), 0);
  assert.equal(await allocate({ port }), 401);
  const later = username.replace(/^\d+/, (seconds) => String(Number(seconds) + 60));
  assert.equal(await allocate({ port, username: later, credential }), 401);
  const subject = ada.user.id;
  for (const wrong of [
    turnCredentials({ secret: SECRET, subject, expiresAt: Date.now() - 60_000 }),
    turnCredentials({ secret: `${SECRET}0`, subject, expiresAt: Date.now() + 60_000 }),
  ])
    assert.equal(await allocate({ port, ...wrong }), 401);
});
