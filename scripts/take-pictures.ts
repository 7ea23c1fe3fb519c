/**
 * Takes the pictures of the documents (docs/pictures) from the tests of the pages:
 *
 *   npm run pictures [NAME…]     all, or only those that are named; the tests run in any case
 *
 * Exits 1 when a test fails or one of the pictures was not taken.
 */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Picture, readPng, writeSmallPng } from "./small-png.ts";

const ROOT = resolve(import.meta.dirname, "..");
const FOLDER = join(ROOT, "docs", "pictures");
const TESTS = [
  "apps/web/test/*.test.ts",
  "apps/admin/test/*.test.ts",
  "tests/e2e/web/first-visit.test.ts",
];
/** What each picture is called, and what the tests call it. */
const PICTURES: Readonly<Record<string, string>> = {
  "set-up": "set-up-light",
  "sign-in": "sign-in-light",
  "sign-in-phone": "sign-in-german-phone-light",
  machines: "machines-online-light",
  "machines-dark": "machines-online-dark",
  "machines-phone": "machines-online-phone-light",
  preview: "real-machines",
  "preview-allowed": "sharing-previews-light",
  connecting: "screen-connecting-light",
  screen: "screen",
  toolbar: "real-toolbar",
  statistics: "screen-statistics-light",
  "screen-keyboard-phone": "screen-keyboard-phone-light",
  "key-changed": "screen-key-changed-light",
  security: "security-with-totp-light",
  totp: "security-totp-light",
  sharing: "sharing-light",
  "sharing-link": "sharing-link-light",
  share: "share-light",
  devices: "devices-light",
  "admin-overview": "admin-overview-light",
  "admin-users": "admin-users-light",
  "admin-user": "admin-users-one-dark",
  "admin-relays": "admin-relays-light",
};

/** A taller one is of a long list, of which the beginning is enough. */
const MAX_HEIGHT = 1_500;
const CUT_HEIGHT = 900;

function cut(picture: Picture): Picture {
  const { width, height, pixels } = picture;
  if (height <= MAX_HEIGHT) return picture;
  return { width, height: CUT_HEIGHT, pixels: pixels.subarray(0, width * CUT_HEIGHT * 3) };
}

const wanted = process.argv.slice(2);
const taken = mkdtempSync(join(tmpdir(), "wavry-pictures-"));
try {
  const { status } = spawnSync(
    process.execPath,
    ["--test", "--test-concurrency=1", ...globSync([...TESTS], { cwd: ROOT }).sort()],
    { cwd: ROOT, stdio: "inherit", env: { ...process.env, WAVRY_PICTURES: taken } },
  );
  if (status !== 0) process.exitCode = 1;
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, source] of Object.entries(PICTURES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const file = join(taken, `${source}.png`);
    if (!existsSync(file)) {
      console.error(`${name}: no test took ${source}.png`);
      process.exitCode = 1;
      continue;
    }
    const png = writeSmallPng(cut(readPng(readFileSync(file))));
    writeFileSync(join(FOLDER, `${name}.png`), png);
    console.log(`${name}.png: ${Math.round(png.length / 1024)} KB`);
  }
} finally {
  rmSync(taken, { recursive: true, force: true });
}
