import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { freePort, isFreePort } from "../../src/gateway/free-port.ts";

test("a port is taken if either address of localhost is, and free again afterwards", async () => {
  for (const address of ["127.0.0.1", "::1"]) {
    const port = await freePort("127.0.0.1");
    assert.equal(await isFreePort("127.0.0.1", port), true);
    const other = createServer().listen(port, address);
    const [error] = await Promise.race([once(other, "listening"), once(other, "error")]).catch(
      (cause) => [cause],
    );
    // A machine without IPv6.
    if (error !== undefined) continue;
    assert.equal((other.address() as AddressInfo).port, port);
    assert.equal(await isFreePort("127.0.0.1", port), false, address);
    other.close();
    await once(other, "close");
    assert.equal(await isFreePort("127.0.0.1", port), true);
  }
});

test("an address that this machine does not have is told, not taken for a port in use", async () => {
  await assert.rejects(isFreePort("203.0.113.1", 3000), { code: "EADDRNOTAVAIL" });
});
