import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeWavryId } from "@wavry/rift-crypto";
import { openWebBody, type Web } from "@wavry/signaling";

test("the bodies in spec/web.md are signed by the devices that it names, and are what it says", () => {
  const text = readFileSync(new URL("../../../../spec/web.md", import.meta.url), "utf8");
  const [host, browser] = [...text.matchAll(/`(wavry1[a-z0-9]{58})`/g)].map(([, id]) => id!);
  const session = /session `(\w{22})`/.exec(text)![1]!;
  const bodies = [...text.matchAll(/```json\n([^`]*)```/g)].map(([, body]) => body!);
  const open = (kind: Web["kind"], body: string, sender: string, receiver: string) => {
    const x = Buffer.from(decodeWavryId(sender)!).toString("base64url");
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    return openWebBody({ kind, body }, { session, sender, receiver }, (bytes, signature) =>
      verify(null, bytes, key, signature),
    );
  };
  assert.equal(open("offer", bodies[0]!, browser!, host!).kind, "offer");
  assert.equal(open("answer", bodies[1]!, host!, browser!).kind, "answer");
});
