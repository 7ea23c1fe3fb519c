import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { defaultKeyringDirectory } from "@wavry/keyring";

test("the folder is $WAVRY_HOME, else wavry in $XDG_CONFIG_HOME, else in ~/.config", () => {
  const { WAVRY_HOME, XDG_CONFIG_HOME } = process.env;
  try {
    process.env.WAVRY_HOME = "/srv/keys";
    process.env.XDG_CONFIG_HOME = "/home/user/settings";
    assert.equal(defaultKeyringDirectory(), "/srv/keys");
    process.env.WAVRY_HOME = "";
    assert.equal(defaultKeyringDirectory(), "/home/user/settings/wavry");
    delete process.env.XDG_CONFIG_HOME;
    assert.equal(defaultKeyringDirectory(), join(homedir(), ".config", "wavry"));
  } finally {
    restore("WAVRY_HOME", WAVRY_HOME);
    restore("XDG_CONFIG_HOME", XDG_CONFIG_HOME);
  }
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
