import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";

/** One entry of an X authority file for local connections to any display (Xau(3)): big-endian lengths. */
function authorityEntry(cookie: Uint8Array): Uint8Array {
  const FAMILY_WILD = 0xffff;
  const field = (bytes: Uint8Array): Uint8Array =>
    Uint8Array.of(bytes.length >> 8, bytes.length & 255, ...bytes);
  const none = new Uint8Array(0);
  const name = new TextEncoder().encode("MIT-MAGIC-COOKIE-1");
  return Uint8Array.of(
    FAMILY_WILD >> 8,
    FAMILY_WILD & 255,
    ...field(none),
    ...field(none),
    ...field(name),
    ...field(cookie),
  );
}

test("a display that refuses our cookie is an error that says so, and the right cookie opens it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "wavry-cookie-"));
  const before = process.env.XAUTHORITY;
  try {
    const right = join(folder, "right");
    const wrong = join(folder, "wrong");
    writeFileSync(right, authorityEntry(new Uint8Array(16).fill(7)), { mode: 0o600 });
    writeFileSync(wrong, authorityEntry(new Uint8Array(16).fill(8)), { mode: 0o600 });
    await using server = await startTestDisplay({ extraArguments: ["-auth", right] });
    process.env.XAUTHORITY = wrong;
    assert.throws(() => XConnection.open(server.display), {
      code: "no-display",
      message: /refuses the cookie in XAUTHORITY/,
    });
    process.env.XAUTHORITY = right;
    using connection = XConnection.open(server.display);
    assert.equal(connection.isClosed, false);
  } finally {
    if (before === undefined) delete process.env.XAUTHORITY;
    else process.env.XAUTHORITY = before;
    rmSync(folder, { recursive: true, force: true });
  }
});
