import assert from "node:assert/strict";
import { test } from "node:test";
import { LanAnnouncement } from "@wavry/discovery";
import { startTestDisplay } from "@wavry/x11/testing";
import { makeHome, startWavry, type WavryProgram } from "./wavry-program.ts";

// What the programs say to a network stays in this machine.
process.env.WAVRY_MDNS = "loopback";
const LOOPBACK = { loopback: true, only: "127.0.0.1" } as const;
const HOST = ["host", "--json", "--no-web", "--address", "127.0.0.1", "--port", "0"];

interface Row {
  readonly name: string;
  readonly id?: string;
  readonly paired?: boolean;
  readonly lan?: { readonly addresses: readonly { readonly port: number }[] };
}

async function portOf(host: WavryProgram): Promise<number> {
  const [address] = (await host.event("listening")).addresses as [{ readonly port: number }];
  return address.port;
}

test("a host is found by its name where it is now; a liar with its name and mark gets nothing, a stranger's name tells how to pair", {
  timeout: 240_000,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const { display } = stack.use(await startTestDisplay());
  const [home, otherHome, clientHome] = [makeHome(), makeHome(), makeHome()].map((each) =>
    stack.use(each),
  );
  const connect = (...words: string[]): WavryProgram =>
    stack.use(startWavry(["connect", ...words, "--headless", "--json"], { home: clientHome! }));

  const before = startWavry([...HOST, "--name", "Den"], { home: home!, display });
  const { link } = await before.event("pairing-link");
  const first = connect(String(link));
  const { wavryId } = await first.event("connected");
  await first[Symbol.asyncDispose]();
  await before[Symbol.asyncDispose]();

  const stranger = stack.use(
    startWavry([...HOST, "--name", "loft"], { home: otherHome!, display }),
  );
  await stranger.event("announced");
  const strangersPort = await portOf(stranger);
  const lied = Promise.withResolvers<string>();
  stack.use(
    await LanAnnouncement.open({
      ...{ ...LOOPBACK, name: "Den", wavryId: String(wavryId), port: strangersPort },
      onName: lied.resolve,
    }),
  );
  assert.equal(await lied.promise, "Den");

  // Where it was before there is nobody now.
  const host = stack.use(startWavry([...HOST, "--name", "Den"], { home: home!, display }));
  assert.equal((await host.event("announced")).name, "Den (2)");
  const port = await portOf(host);
  const second = connect("dEn");
  const connected = await second.event("connected");
  assert.deepEqual([connected.wavryId, connected.remote], [wavryId, `127.0.0.1:${port}`]);
  assert.equal(connected.newlyPaired, false);
  await second.event("first-picture");
  await second[Symbol.asyncDispose]();

  const unknown = connect("LOFT");
  assert.equal(await unknown.exited, 2);
  assert.match(
    unknown.complaints,
    /^wavry: loft is in this network, but was never paired[^\n]+\n$/,
  );
  assert.ok(!stranger.values.some(({ event }) => event === "connected" || event === "paired"));

  const list = stack.use(startWavry(["hosts", "--json"], { home: clientHome! }));
  assert.equal(await list.exited, 0, list.complaints);
  const rows = list.values.flat() as unknown as Row[];
  assert.deepEqual(
    rows.map(({ name, id, paired }) => ({ name, id, paired })),
    [
      { name: "Den", id: wavryId, paired: true },
      { name: "Den", id: wavryId, paired: true },
      { name: "loft", id: undefined, paired: false },
    ],
  );
});

test("a host with --no-mdns says nothing to the network, and a name that nobody has is told as such", {
  timeout: 120_000,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const { display } = stack.use(await startTestDisplay());
  const [home, clientHome] = [makeHome(), makeHome()].map((each) => stack.use(each));
  const host = stack.use(
    startWavry([...HOST, "--name", "quiet", "--no-mdns"], { home: home!, display }),
  );
  await host.event("pairing-link");
  const client = stack.use(
    startWavry(["connect", "quiet", "--headless", "--json"], { home: clientHome! }),
  );
  assert.equal(await client.exited, 2);
  assert.match(client.complaints, /^wavry: no paired host is called quiet[^\n]+\n$/);
  assert.ok(!host.values.some(({ event }) => event === "announced"));
});
