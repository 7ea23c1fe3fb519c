import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createIdentity, verifyCertificate } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { decodeBase64url } from "@wavry/signaling";
import { openRealPage, type RealPage } from "./real-page.ts";

describe("the identity of a browser", () => {
  let real: RealPage;
  before(async () => {
    real = await openRealPage();
  });
  after(() => real[Symbol.asyncDispose]());

  /** The public half, as it is told to others. */
  function facts() {
    return real.page.evaluate(async () => {
      const { wavryId, staticKey, certificate } = await window.wavry.openIdentity();
      return { wavryId, staticKey, certificate };
    });
  }

  it("has a certificate that other devices take", async () => {
    const { wavryId, staticKey, certificate } = await facts();
    const checked = verifyCertificate(
      nodeSuite,
      decodeBase64url(certificate)!,
      decodeBase64url(staticKey)!,
    );
    assert.equal(checked.wavryId, wavryId);
  });

  it("is the same after a reload", async () => {
    const before = await facts();
    await real.page.reload();
    await real.page.waitForFunction(() => "wavry" in globalThis);
    assert.deepEqual(await facts(), before);
  });

  it("is one, also where two pages ask for it at the same moment", async () => {
    const page = await real.open();
    const ids = await page.evaluate(async () => {
      const both = await Promise.all([window.wavry.openIdentity(), window.wavry.openIdentity()]);
      return both.map(({ wavryId }) => wavryId);
    });
    assert.equal(ids[0], ids[1]);
    await page.context().close();
  });

  it("signs as its Wavry ID says", async () => {
    const signed = await real.page.evaluate(async () => {
      const identity = await window.wavry.openIdentity();
      const signature = await identity.sign(new TextEncoder().encode("a message"));
      return { signature: [...signature], key: [...identity.sessionIdentity.identityKey] };
    });
    const message = new TextEncoder().encode("a message");
    const { key, signature } = signed;
    assert.ok(nodeSuite.ed25519Verify(Uint8Array.from(key), message, Uint8Array.from(signature)));
  });

  it("cannot be taken out of the browser, and keeps no secret in the clear", async () => {
    const found = await real.page.evaluate(async () => {
      const { sessionIdentity } = await window.wavry.openIdentity();
      const opening = indexedDB.open("wavry");
      const stored = await new Promise<Record<string, unknown>>((resolve) => {
        opening.onsuccess = () => {
          const asking = opening.result
            .transaction("identity")
            .objectStore("identity")
            .get("device");
          asking.onsuccess = () => resolve(asking.result);
        };
      });
      const failures: string[] = [];
      for (const name of ["signingKey", "sealingKey"]) {
        const key = stored[name] as CryptoKey;
        for (const format of ["raw", "pkcs8", "jwk"] as const)
          await crypto.subtle.exportKey(format as "pkcs8", key).then(
            () => failures.push(`${name} came out as ${format}`),
            () => {},
          );
        if (key.extractable) failures.push(`${name} is extractable`);
      }
      const secret = sessionIdentity.staticPrivate.join();
      for (const [name, value] of Object.entries(stored))
        if (value instanceof Uint8Array && value.join().includes(secret))
          failures.push(`${name} holds the private key`);
      return failures;
    });
    assert.deepEqual(found, []);
  });

  it("is another one once it was forgotten", async () => {
    const before = await facts();
    await real.page.evaluate(() => window.wavry.forgetIdentity());
    assert.notEqual((await facts()).wavryId, before.wavryId);
  });

  it("refuses damaged keys and does not make others in their place", async () => {
    const page = await real.open();
    const code = await page.evaluate(async () => {
      await window.wavry.openIdentity();
      const opening = indexedDB.open("wavry");
      await new Promise<void>((resolve) => {
        opening.onsuccess = () => {
          const store = opening.result.transaction("identity", "readwrite").objectStore("identity");
          const asking = store.get("device");
          asking.onsuccess = () => {
            asking.result.sealedStatic[0] ^= 1;
            store.put(asking.result, "device").onsuccess = () => resolve();
          };
        };
      });
      return await window.wavry.openIdentity().then(
        () => "opened",
        (error: { code: string }) => error.code,
      );
    });
    assert.equal(code, "identity-failed");
    await page.context().close();
  });

  it("says what to do where the browser has no Ed25519", async () => {
    const page = await real.open();
    const failure = await page.evaluate(async () => {
      const { subtle } = crypto;
      const generate = subtle.generateKey.bind(subtle);
      subtle.generateKey = ((algorithm: string, ...rest: [boolean, KeyUsage[]]) => {
        if (algorithm === "Ed25519") throw new DOMException("unknown", "NotSupportedError");
        return generate(algorithm, ...rest);
      }) as typeof subtle.generateKey;
      return await window.wavry
        .openIdentity()
        .catch((error: { code: string; message: string }) => ({
          code: error.code,
          message: error.message,
        }));
    });
    assert.equal((failure as { code: string }).code, "unsupported-browser");
    assert.match((failure as { message: string }).message, /Ed25519.*update it/);
    await page.context().close();
  });

  it("keeps a host's key and never takes another for it", async () => {
    const key = [...createIdentity(nodeSuite).staticKey];
    const other = [...createIdentity(nodeSuite).staticKey];
    const { wavryId } = createIdentity(nodeSuite);
    const seen = await real.page.evaluate(
      async ({ wavryId, key, other }) => {
        const pins = new window.wavry.PinnedHosts();
        await pins.pin(wavryId, Uint8Array.from(key));
        await pins.pin(wavryId, Uint8Array.from(key));
        const code = await pins.pin(wavryId, Uint8Array.from(other)).then(
          () => "taken",
          (error: { code: string }) => error.code,
        );
        return { code, kept: [...((await pins.get(wavryId)) ?? [])] };
      },
      { wavryId, key, other },
    );
    assert.deepEqual(seen, { code: "key-changed", kept: key });
  });

  it("breaks no rule of a strict content security policy", () => {
    assert.deepEqual(real.complaints, []);
  });
});
