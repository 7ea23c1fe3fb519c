import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { Browser } from "playwright-core";
import { assertAccessibleEverywhere } from "./accessibility.ts";
import { openTab, startBrowser } from "./real-browser.ts";
import { until } from "./until.ts";
import { buildPages, MovedClock, startWebGateway } from "./web-gateway.ts";

type Texts = { readonly [name: string]: unknown };

/** Longer than that is a sentence, which no two languages share. */
const WORD_LENGTH = 18;

let gateway: Gateway;
let origin: string;
let browser: Browser;

before(async () => {
  buildPages();
  ({ gateway, origin } = await startWebGateway(new MovedClock()));
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await gateway?.[Symbol.asyncDispose]();
});

for (const language of ["de", "fr"])
  test(`“${language}” says all that English does, and nothing in English`, async () => {
    const english = await textsOf("en");
    const other = await textsOf(language);
    assert.deepEqual([...other.keys()], [...english.keys()]);
    for (const [name, text] of other) {
      const original = english.get(name)!;
      assert.equal(text === "", original === "", name);
      if (original.length > WORD_LENGTH) assert.notEqual(text, original, name);
      // What is put into a text, such as a name, stands in the other one too.
      for (const [given] of original.matchAll(/«[^»]*»|\b\d{3,}\b/g))
        assert.ok(text.includes(given), `${name} lacks ${given}: ${text}`);
    }
  });

test("the app speaks the browser's language", async () => {
  await using tab = await openTab(browser, origin, { locale: "de-CH" });
  const { page } = tab;
  await page.goto("/");
  await page.getByRole("heading", { level: 1, name: "Anmelden" }).waitFor();
  assert.equal(await page.evaluate("document.documentElement.lang"), "de-CH");
  await assertAccessibleEverywhere(page, "sign-in-german");
  await using other = await openTab(browser, origin, { locale: "pt-BR" });
  await other.page.goto("/");
  await other.page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  assert.deepEqual([...tab.complaints, ...other.complaints], []);
});

test("another language is chosen by keyboard, at once, and remembered", async () => {
  await using tab = await openTab(browser, origin);
  const { page } = tab;
  await page.goto("/register");
  await page.getByRole("combobox", { name: "Language" }).focus();
  await page.keyboard.press("F");
  await page.getByRole("heading", { level: 1, name: "Créer un compte" }).waitFor();
  // The chooser that was made anew has the focus again.
  await until(page, "document.activeElement.tagName === 'SELECT'");
  await assertAccessibleEverywhere(page, "register-french");
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Créer un compte" }).waitFor();
  assert.equal(await page.getByRole("combobox", { name: "Langue" }).inputValue(), "fr");
  assert.equal(await page.evaluate("document.documentElement.lang"), "fr");
  assert.deepEqual(tab.complaints, []);
});

test("light or dark is as the system, or as chosen and remembered", async () => {
  await using tab = await openTab(browser, origin, { colorScheme: "light" });
  const { page } = tab;
  const back = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
  await page.goto("/");
  await page.getByRole("combobox", { name: "Colours" }).waitFor();
  const light = await back();
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await back();
  assert.notEqual(dark, light);
  await page.getByRole("combobox", { name: "Colours" }).selectOption("Light");
  assert.equal(await back(), light);
  await page.reload();
  await page.getByRole("combobox", { name: "Colours" }).waitFor();
  assert.equal(await back(), light);
  assert.deepEqual(tab.complaints, []);
});

/** All texts of a language by their names; those that are made, made of the same things in each. */
async function textsOf(language: string): Promise<Map<string, string>> {
  const module: Texts = await import(
    new URL(`../src/lib/text/${language}.ts`, import.meta.url).href
  );
  const found = new Map<string, string>();
  const walk = (name: string, value: unknown): void => {
    if (typeof value === "string") found.set(name, value);
    else if (typeof value === "number") found.set(name, String(value));
    else if (typeof value === "function")
      for (const sample of [1_234, 1, 2])
        found.set(`${name}(${sample})`, String(value(...samples(value.length, sample))));
    else for (const [key, inner] of Object.entries(value as Texts)) walk(`${name}.${key}`, inner);
  };
  const { language: _, ...texts } = module[language] as Texts;
  walk("", texts);
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Numbers are texts as well, so both kinds of arguments are served. */
function samples(length: number, sample: number): unknown[] {
  return Array.from({ length }, (_, index) => (index === 0 ? sample : `«${index}»`));
}
