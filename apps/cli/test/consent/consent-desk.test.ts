import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  childrenOf,
  FakeInput,
  focusWindow,
  readPixels,
  windowName,
  XConnection,
} from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import { ConsentDesk, questionText } from "../../src/consent/consent-desk.ts";
import { findDialogProgram } from "../../src/consent/display-question.ts";

const RETURN = 36;
const QUESTION = {
  ...{ sessionId: "s1", name: "Ada", wavryId: "wavry1qqqqqqqqqqqqqqqq" },
  rights: ["view", "control"] as const,
};
/** Only one of the three is sure to be here and looks alike everywhere. */
const NO_XMESSAGE =
  findDialogProgram() === "xmessage"
    ? {}
    : { skip: "another dialog program than xmessage is here" };

test("the question names who comes and what they want", () => {
  assert.equal(
    questionText(QUESTION),
    "Ada (wavry1qqqqqqqq…) wants to see this screen and use keyboard and mouse. Allow it?",
  );
  assert.match(questionText({ ...QUESTION, rights: ["view"] }), /wants to see this screen\./);
});

test("what is typed answers who has waited longest; only a y is a yes", () => {
  const answer = mock.fn<(sessionId: string, agreed: boolean) => void>();
  using desk = new ConsentDesk({ display: undefined, say: () => {}, answer });
  for (const sessionId of ["s1", "s2", "s3"]) desk.ask({ ...QUESTION, sessionId });
  desk.typed("");
  desk.typed("yes please");
  assert.ok(desk.isAsking);
  desk.typed(" Y \r");
  assert.ok(!desk.isAsking);
  assert.deepEqual(
    answer.mock.calls.map((call) => call.arguments),
    [
      ["s1", false],
      ["s2", false],
      ["s3", true],
    ],
  );
});

test("a question that was settled elsewhere takes no answer any more", () => {
  const answer = mock.fn();
  using desk = new ConsentDesk({ display: undefined, say: () => {}, answer });
  desk.ask(QUESTION);
  desk.end("s1");
  desk.typed("y");
  assert.equal(answer.mock.callCount(), 0);
});

/** The dialog's window, once it is shown. */
async function dialogOf(connection: XConnection): Promise<number> {
  for (let round = 0; round < 2000; round++) {
    const [found] = childrenOf(connection, connection.root).filter(
      (window) => windowName(connection, window) === "Wavry",
    );
    if (found !== undefined) return found;
    await sleep(10);
  }
  throw new Error("no dialog was shown");
}

async function settled(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 2000 && !condition(); round++) await sleep(10);
  assert.ok(condition());
}

test("the window on the display: Return refuses, the button allows", NO_XMESSAGE, async () => {
  await using display = await startTestDisplay();
  using connection = XConnection.open(display.display);
  const input = new FakeInput(connection);
  const answers: boolean[] = [];
  using desk = new ConsentDesk({
    display: display.display,
    say: () => {},
    answer: (_, agreed) => answers.push(agreed),
  });
  desk.ask(QUESTION);
  focusWindow(connection, await dialogOf(connection));
  // The toolkit hands a key to what is under the pointer.
  input.moveTo(640, 345);
  connection.sync();
  for (let round = 0; round < 100 && answers.length === 0; round++) {
    input.key(RETURN, true);
    input.key(RETURN, false);
    connection.sync();
    await sleep(100);
  }
  assert.deepEqual(answers, [false]);

  await settled(() => childrenOf(connection, connection.root).length === 0);
  const middle = { x: 640, y: 345, width: 40, height: 1 };
  const before = readPixels(connection, connection.root, middle);
  desk.ask(QUESTION);
  await dialogOf(connection);
  await settled(() =>
    readPixels(connection, connection.root, middle).some((v, i) => v !== before[i]),
  );
  // The button stands to the right of the other one, below the text in the middle of the display.
  for (let x = 1000; x > 240 && answers.length < 2; x -= 20) {
    input.moveTo(x, 374);
    input.button(1, true);
    input.button(1, false);
    connection.sync();
    await sleep(20);
  }
  await settled(() => answers.length === 2);
  assert.deepEqual(answers, [false, true]);
});

test("the window goes away when the question is settled elsewhere", NO_XMESSAGE, async () => {
  await using display = await startTestDisplay();
  using connection = XConnection.open(display.display);
  using desk = new ConsentDesk({
    display: display.display,
    say: () => {},
    answer: () => assert.fail("nobody answered"),
  });
  desk.ask(QUESTION);
  const window = await dialogOf(connection);
  desk.end("s1");
  await settled(() => !childrenOf(connection, connection.root).includes(window));
});
