import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { labObstacle } from "./lab/index.ts";
import {
  Backbone,
  type Cell,
  neighbourCell,
  pairCell,
  Stations,
  SWITCHES,
  tryCell,
  trySwitch,
} from "./matrix/index.ts";

const obstacle = await labObstacle();

describe("the NAT matrix", { skip: obstacle ?? false, timeout: 240_000 }, () => {
  let backbone: Backbone;
  let stations: Stations;

  before(async () => {
    backbone = await Backbone.open({ relays: 2 });
    stations = new Stations(backbone);
  });

  after(async () => {
    await stations?.[Symbol.asyncDispose]();
    await backbone?.[Symbol.asyncDispose]();
  });

  const reaches = async (cell: Cell): Promise<void> => {
    const { settled, complaint } = await tryCell(cell, await stations.pair(cell));
    assert.equal(complaint, undefined);
    assert.equal(settled, cell.best);
  };

  test("two port-restricted NATs are punched through", () =>
    reaches(pairCell("port-restricted", "port-restricted")));

  test("a client behind a symmetric NAT is met at the port that an address-restricted host sees", () =>
    reaches(pairCell("address-restricted", "symmetric")));

  test("between two symmetric NATs a relay carries the session", () =>
    reaches(pairCell("symmetric", "symmetric")));

  test("a client whose network drops UDP comes over TLS", () =>
    reaches(pairCell("none", "udp-blocked")));

  test("a host whose network drops UDP is met over TLS, whichever relay the client would like better", async () => {
    for (let round = 0; round < 3; round++) await reaches(pairCell("udp-blocked", "none"));
  });

  test("two firewalls of IPv6 open for each other", () =>
    reaches(pairCell("ipv6-only", "ipv6-only")));

  test("neighbours who cannot reach each other inside meet by their NAT's hairpin", () =>
    reaches(neighbourCell("isolated-hairpin-on")));

  /** The session goes on, and everything is as before; else this rejects. */
  const outlives = async (name: string): Promise<void> => {
    const one = SWITCHES.find((each) => each.name === name)!;
    await trySwitch(one, { backbone, homes: await stations.homes(one.kind) });
  };

  test("a session moves from its relay to the direct path once that is open", () =>
    outlives("direct-opens"));

  test("a session moves to a relay when its direct path dies", () => outlives("direct-dies"));

  test("a session goes on when the client's machine gets another address", () =>
    outlives("address-changes"));

  test("a relay that is killed is replaced by another in the same session", () =>
    outlives("relay-dies"));
});
