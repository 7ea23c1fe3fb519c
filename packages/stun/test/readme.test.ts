import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("..", import.meta.url).pathname;

test("the example of the README asks its own server", async () => {
  const code = /```ts\n(.*?)```/s.exec(readFileSync(`${FOLDER}/README.md`, "utf8"))?.[1];
  assert.ok(code !== undefined);
  const output = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ["--input-type=module-typescript"],
      { cwd: FOLDER },
      (error, stdout) => (error === null ? resolve(stdout) : reject(error)),
    );
    child.stdin!.end(code);
  });
  assert.match(output, /^seen as 127\.0\.0\.1\nanswered [1-9]\d*\n$/);
});
