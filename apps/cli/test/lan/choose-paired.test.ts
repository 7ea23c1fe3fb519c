import assert from "node:assert/strict";
import { test } from "node:test";
import type { PairedDevice } from "@wavry/keyring";
import { CommandError } from "../../src/exit-code.ts";
import { choosePaired } from "../../src/lan/choose-paired.ts";

function host(name: string, wavryId: string): PairedDevice {
  return {
    ...{ name, wavryId, staticKey: new Uint8Array(32), role: "host", renamed: false },
    ...{ pairedAt: 0, lastSeenAt: 0, addresses: [] },
  };
}

const HOSTS = [
  host("den", "wavry1aaaa1111"),
  host("Den", "wavry1bbbb2222"),
  host("Loft Linux", "wavry1cccc3333"),
  host("loft mac", "wavry1dddd4444"),
  host("studio", "wavry1eeee5555"),
  host("Studio Two", "wavry1ffff6666"),
];

test("a host is chosen by its exact name before another case, by a whole name before a beginning, or by its Wavry ID", () => {
  for (const [which, id] of [
    ["den", "wavry1aaaa1111"],
    [" Den ", "wavry1bbbb2222"],
    ["STUDIO", "wavry1eeee5555"],
    ["loft l", "wavry1cccc3333"],
    ["studio t", "wavry1ffff6666"],
    ["WAVRY1DDDD4444", "wavry1dddd4444"],
    ["3333", "wavry1cccc3333"],
  ] as const)
    assert.equal(choosePaired(HOSTS, which)?.wavryId, id, which);
});

test("what fits nobody is nobody, also nothing at all and the end of an ID that is too short", () => {
  for (const which of ["", "  ", "cellar", "333", "en"])
    assert.equal(choosePaired(HOSTS, which), undefined, which);
});

test("what fits several is refused with the list of them", () => {
  for (const [which, ...names] of [
    ["DEN", "den (wavry1aaaa1111)", "Den (wavry1bbbb2222)"],
    ["loft", "Loft Linux (wavry1cccc3333)", "loft mac (wavry1dddd4444)"],
  ] as const)
    assert.throws(
      () => choosePaired(HOSTS, which),
      (error) => {
        assert.ok(error instanceof CommandError && error.exitCode === 2);
        for (const name of names) assert.ok(error.message.includes(name), error.message);
        return true;
      },
    );
});
