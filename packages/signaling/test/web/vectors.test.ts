import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { decodeWavryId } from "@wavry/rift-crypto";
import { decodeBase64url, openWebBody, type Web, webSigningBytes } from "@wavry/signaling";

interface Device {
  readonly seed: string;
  readonly wavryId: string;
}

interface Said {
  readonly kind: Web["kind"];
  readonly from: "host" | "browser";
  readonly body: string;
}

interface Vectors {
  readonly host: Device;
  readonly browser: Device;
  readonly session: string;
  readonly messages: readonly (Said & { readonly what: string; readonly signed: string })[];
  readonly refused: readonly (Said & { readonly why: string; readonly code: string })[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../../spec/vectors/web.json", import.meta.url), "utf8"),
) as Vectors;

/** PKCS #8 around an Ed25519 seed (RFC 8410 §7). */
const PKCS8 = "302e020100300506032b657004220420";

function partiesOf({ from }: Said) {
  const { host, browser, session } = vectors;
  const [sender, receiver] = from === "host" ? [host, browser] : [browser, host];
  return { session, sender: sender.wavryId, receiver: receiver.wavryId };
}

function open(said: Said) {
  const parties = partiesOf(said);
  const x = Buffer.from(decodeWavryId(parties.sender)!).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return openWebBody(said, parties, (bytes, signature) => verify(null, bytes, key, signature));
}

describe("spec/vectors/web.json", () => {
  for (const said of vectors.messages)
    test(`${said.what}: opens, and is signed over these bytes`, () => {
      const { kind, value } = open(said);
      const { payload, signature } = JSON.parse(said.body) as Record<string, string>;
      assert.equal(kind, said.kind);
      assert.deepEqual(value, JSON.parse(payload!));
      const bytes = webSigningBytes(kind, partiesOf(said), payload!);
      assert.equal(Buffer.from(bytes).toString("hex"), said.signed);
      const der = Buffer.from(PKCS8 + vectors[said.from].seed, "hex");
      const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
      assert.deepEqual(new Uint8Array(sign(null, bytes, key)), decodeBase64url(signature!));
    });

  for (const said of vectors.refused)
    test(`${said.why}: refused as ${said.code}`, () => {
      assert.throws(() => open(said), { name: "WebBodyError", code: said.code });
    });
});
