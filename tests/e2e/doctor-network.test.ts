import assert from "node:assert/strict";
import { test } from "node:test";
import { LanAnnouncement } from "@wavry/discovery";
import { deviceSigner } from "@wavry/gateway-client";
import { CredentialsFolder } from "@wavry/gateway-client/node";
import { loadOrCreateIdentity } from "@wavry/keyring";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { startTestDisplay } from "@wavry/x11/testing";
import { issuerOf } from "../../apps/gateway/src/grants/issuer.ts";
import { makePerson } from "../../apps/gateway/test/helpers/devices.ts";
import { startTestGateway } from "../../apps/gateway/test/helpers/test-gateway.ts";
import { type Home, makeHome, startWavry } from "./wavry-program.ts";

process.env.WAVRY_MDNS = "loopback";

test("wavry doctor --network HOST opens a session, tells how its path was found, and a host of the account is reached by its name in the network", {
  timeout: 240_000,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const gateway = stack.use(await startTestGateway());
  const person = await makePerson(gateway, "ada");
  const signIn = async (home: Home, kind: "host" | "client"): Promise<string> => {
    const identity = loadOrCreateIdentity({ directory: home.path, suite });
    const { gateway: document } = await person.client.enrol({
      ...{ device: deviceSigner(identity, suite), kind, name: `ada's ${kind}`, platform: "test" },
    });
    new CredentialsFolder(home.path).save({
      ...{ url: gateway.url, token: person.token, username: "ada" },
      ...{ issuer: issuerOf(gateway.context.config), key: document.key },
    });
    return identity.wavryId;
  };
  const { display } = stack.use(await startTestDisplay());
  const [hostHome, clientHome] = [stack.use(makeHome()), stack.use(makeHome())];
  const hostId = await signIn(hostHome, "host");
  await signIn(clientHome, "client");
  const host = stack.use(
    startWavry(
      [
        ...["host", "--json", "--no-web", "--address", "127.0.0.1", "--port", "0", "--no-mdns"],
        ...["--gateway", "--unattended", "--name", "den"],
      ],
      { home: hostHome, display },
    ),
  );
  await host.event("gateway-connected");
  const doctor = stack.use(
    startWavry(["doctor", "--network", "ada's host", "--json"], { home: clientHome }),
  );
  assert.equal(await doctor.exited, 0, doctor.complaints);
  const [report] = doctor.values as unknown as [
    { session?: { used?: { way: string }; tried: readonly unknown[]; whyRelay?: string } },
  ];
  assert.match(report.session?.used?.way ?? "none", /^(?:local|direct)$/);
  assert.ok((report.session?.tried.length ?? 0) > 0);
  assert.equal(report.session?.whyRelay, undefined);

  // In the network it has another name than in the gateway, and this device was never paired with it.
  const named = Promise.withResolvers<string>();
  stack.use(
    await LanAnnouncement.open({
      ...{ name: "kitchen", wavryId: hostId, port: 9, loopback: true, only: "127.0.0.1" },
      onName: named.resolve,
    }),
  );
  await named.promise;
  const client = stack.use(
    startWavry(["connect", "kitchen", "--headless", "--json"], { home: clientHome }),
  );
  const connected = await client.event("connected");
  assert.equal(connected.wavryId, hostId);
});
