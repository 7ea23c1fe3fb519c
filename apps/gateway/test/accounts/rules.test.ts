import assert from "node:assert/strict";
import { test } from "node:test";
import {
  normalDisplayName,
  normalEmail,
  normalUsername,
} from "../../src/accounts/identity-rules.ts";
import { requireGoodPassword } from "../../src/accounts/password-rules.ts";

const OWNER = { email: "adalovelace@example.org", username: "countess" };

test("e-mails get one form", () => {
  assert.equal(normalEmail("  Ada.Lovelace+wavry@Example.ORG "), "ada.lovelace+wavry@example.org");
  assert.equal(normalEmail("ada@b\u00fccher.example"), "ada@xn--bcher-kva.example");
  assert.equal(normalEmail("\uff41da@example.org"), "ada@example.org");
  assert.equal(normalEmail("o'brien@localhost"), "o'brien@localhost");
});

test("what is no e-mail is refused", () => {
  for (const text of [
    "",
    "ada",
    "@example.org",
    "ada@",
    "a b@example.org",
    "ada@exa mple.org",
    "ada@example.org\r\nBcc: x@example.org",
    "ada,bob@example.org",
    "<ada@example.org>",
    "ada@-example.org",
    ".ada@example.org",
    "a..b@example.org",
    "ada\u202e@example.org",
    `${"a".repeat(65)}@example.org`,
    `ada@${"a.".repeat(130)}org`,
  ])
    assert.throws(() => normalEmail(text), { code: "invalid-email" }, JSON.stringify(text));
});

test("usernames are plain, and those of the gateway itself are reserved", () => {
  assert.equal(normalUsername(" Ada_L "), "ada_l");
  for (const text of [
    "ab",
    "-ada",
    "ada-",
    "a da",
    "ad\u0430",
    "x".repeat(33),
    "Admin",
    "SYSTEM",
    "",
  ])
    assert.throws(() => normalUsername(text), { code: "invalid-username" }, text);
});

test("display names may be in any script but hold nothing unseen", () => {
  assert.equal(normalDisplayName("  Ada   Lovelace "), "Ada Lovelace");
  assert.equal(normalDisplayName("Zoe\u0308"), "Zo\u00eb");
  assert.equal(normalDisplayName("\u5c0f\u6797"), "\u5c0f\u6797");
  assert.equal(normalDisplayName("👩\u200d💻"), "👩\u200d💻");
  for (const text of [
    "",
    "   ",
    "a\u0000b",
    "a\u202eb",
    "\u200b",
    "a\u2028b",
    "\ud800",
    "x".repeat(65),
  ])
    assert.throws(
      () => normalDisplayName(text),
      { code: "invalid-display-name" },
      JSON.stringify(text),
    );
});

test("weak passwords are refused, long and odd ones are not", () => {
  for (const password of [
    "short",
    "123456789",
    "aaaaaaaaaaaa",
    "ababababab",
    "1234567890",
    "Password2024!",
    "QWERTYUIOP123",
    "adalovelace",
    "AdaLovelace99!",
    "adalovelace@example.org",
    "countess2026",
    "abcdefghijk",
    "gravel lantern 42 otter ".repeat(6),
  ])
    assert.throws(() => requireGoodPassword(password, OWNER), { code: "weak-password" }, password);
  for (const password of [
    "gravel-lantern-42-otter",
    "          a bc",
    "пароль-длинный",
    "🦦🪨🏮4️⃣2️⃣ otter!",
    "abcd".repeat(32),
  ])
    requireGoodPassword(password, OWNER);
});
