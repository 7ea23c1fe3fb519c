import assert from "node:assert/strict";
import { test } from "node:test";
import { openMailer } from "../../src/mail/smtp-mailer.ts";
import { startMailServer } from "../helpers/mail-server.ts";

const FROM = "Wavry <wavry@example.org>";

test("a letter arrives as it was written, to its one recipient", async () => {
  await using server = await startMailServer();
  await using mailer = openMailer({ url: server.url, from: FROM });
  assert.equal(mailer.configured, true);
  const text = "Gr\u00fc\u00dfe = greetings\n\nhttps://wavry.example/account#link=x\n";
  await mailer.send({ to: "ada@example.org", subject: "Ein Gru\u00df", text });
  const letter = await server.letterTo("ada@example.org");
  assert.deepEqual(letter.to, ["ada@example.org"]);
  assert.equal(
    Buffer.from(letter.text, "latin1").toString("utf8").replaceAll("\r\n", "\n").trim(),
    text.trim(),
  );
  assert.match(letter.raw, /^From: Wavry <wavry@example\.org>/m);
  assert.match(letter.raw, /^Auto-Submitted: auto-generated/m);
});

test("nothing in an address or a subject becomes a header or a second recipient", async () => {
  await using server = await startMailServer();
  await using mailer = openMailer({ url: server.url, from: FROM });
  await mailer
    .send({ to: "a@example.org, b@example.org", subject: "x\r\nBcc: c@example.org", text: "x" })
    .catch(() => {});
  for (const { to, raw } of server.letters) {
    assert.ok(to.length <= 1, to.join());
    assert.doesNotMatch(raw, /^Bcc:/m);
  }
});

test("a server that is away is an error of the letter, and without one nothing is sent", async () => {
  const server = await startMailServer();
  await server[Symbol.asyncDispose]();
  await using mailer = openMailer({ url: server.url, from: FROM });
  await assert.rejects(mailer.send({ to: "a@example.org", subject: "x", text: "x" }));
  await using none = openMailer(undefined);
  assert.equal(none.configured, false);
  await assert.rejects(
    none.send({ to: "a@example.org", subject: "x", text: "x" }),
    /no mail server/,
  );
});

test("over a network without encryption no letter goes out unless that was told", async () => {
  // This machine too, but not one of the names that pass for it.
  await using server = await startMailServer("127.0.0.2");
  const letter = { to: "a@example.org", subject: "x", text: "x" };
  await using strict = openMailer({ url: server.url, from: FROM });
  await assert.rejects(strict.send(letter), { code: "ETLS" });
  assert.equal(server.letters.length, 0);
  await using told = openMailer({ url: `${server.url}?ignoreTLS=true`, from: FROM });
  await told.send(letter);
  assert.equal(server.letters.length, 1);
});
