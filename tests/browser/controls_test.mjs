#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// controls_test.mjs BINARY chromium|firefox FOLDER: everything on the page of a camera works, with
// a mouse, with a keyboard and on a phone.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startFanlight } from './fanlight.mjs';
import { launchBrowser, openPage } from './screen.mjs';

const [binary, browserName, folder] = process.argv.slice(2);
const DEADLINE_MS = 30_000;
const PHONE = { width: 360, height: 740 };

let server;
let browser;
before(async () => {
  fs.mkdirSync(folder, { recursive: true });
  server = await startFanlight(binary, 0, ['--camera', 'porch=pattern,size=640x480,fps=5',
                                           '--camera', 'attic=pattern,size=640x480,fps=5']);
  browser = await launchBrowser(browserName);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(viewport, query = '') {
  const page = await openPage(browser, `${server.origin}/cameras/porch${query}`, viewport);
  await page.waitForFunction(() => document.getElementById('state').textContent === 'Live' &&
                                   !document.getElementById('all').hidden,
                             { timeout: DEADLINE_MS });
  return page;
}

test('snapshot saves the displayed picture, named after its time', async () => {
  const page = await open();
  await page.evaluate(() => {
    window.saved = [];
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      window.saved.push(blob.arrayBuffer().then((bytes) => [...new Uint8Array(bytes)]));
      return make(blob);
    };
    HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download; };
  });
  await page.click('#save');
  await page.waitForFunction(() => window.savedAs, { timeout: DEADLINE_MS });
  const bytes = await page.evaluate(() => window.saved[0]);
  assert.deepStrictEqual(bytes.slice(0, 2), [0xff, 0xd8]);
  assert.deepStrictEqual(bytes.slice(-2), [0xff, 0xd9]);
  assert.match(await page.evaluate(() => window.savedAs),
               /^porch-\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.jpg$/);
  await page.close();
});

// The page cannot keep a frame that the <img> shows, so the content of the canvas is saved.
test('snapshot saves the picture of a paused page', async () => {
  const page = await open(undefined, '?transport=img');
  await page.evaluate(() => {
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => {
      window.saved = createImageBitmap(blob)
          .then(({ width, height }) => [blob.type, width, height]);
      return make(blob);
    };
    HTMLAnchorElement.prototype.click = () => {};
  });
  await page.click('#pause');
  await page.waitForFunction(() => !document.getElementById('canvas').hidden,
                             { timeout: DEADLINE_MS });
  await page.click('#save');
  await page.waitForFunction(() => window.saved, { timeout: DEADLINE_MS });
  assert.deepStrictEqual(await page.evaluate(() => window.saved), ['image/jpeg', 640, 480]);
  await page.close();
});

test('full screen and back', async () => {
  const page = await open();
  await page.click('#full');
  await page.waitForFunction(() => document.fullscreenElement?.id === 'figure' &&
                                   document.getElementById('full').textContent.includes('Leave'),
                             { timeout: DEADLINE_MS });
  await page.screenshot({ path: path.join(folder, `${browserName}-full-screen.png`) });
  await page.focus('#full');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => !document.fullscreenElement, { timeout: DEADLINE_MS });
  await page.close();
});

test('f, s and space do what the buttons do, unless a control has the focus', async () => {
  const page = await open();
  await page.evaluate(() => {
    HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download; };
  });
  assert.deepStrictEqual(
    await page.$$eval('figcaption kbd', (all) => all.map((key) => key.textContent)),
    ['space', 's', 'f']);
  const state = () => page.$eval('#state', (node) => node.textContent);
  await page.focus('.chips input:checked');
  await page.keyboard.press('f');
  await page.keyboard.press('s');
  await page.keyboard.press(' ');
  assert.strictEqual(await state(), 'Live');
  assert.ok(await page.evaluate(() => !window.savedAs && !document.fullscreenElement));
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press(' ');
  assert.strictEqual(await state(), 'Paused');
  await page.keyboard.press('s');
  await page.waitForFunction(() => window.savedAs, { timeout: DEADLINE_MS });
  await page.keyboard.press(' ');
  await page.keyboard.press('f');
  await page.waitForFunction(() => document.fullscreenElement, { timeout: DEADLINE_MS });
  await page.keyboard.press('f');
  await page.waitForFunction(() => !document.fullscreenElement, { timeout: DEADLINE_MS });
  await page.close();
});

// As on a page that was not loaded over TLS and therefore may not use the clipboard API.
test('every snippet can be copied, and names this server', async () => {
  const page = await open();
  await page.evaluate(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined });
    window.copied = [];
    document.addEventListener('copy', () => window.copied.push(document.activeElement.value));
  });
  const buttons = await page.$$('.rows button');
  assert.strictEqual(buttons.length, 3);
  for (const button of buttons) await button.click();
  const at = `${server.origin}/cameras/porch`;
  assert.deepStrictEqual(await page.evaluate(() => window.copied),
                         [`${at}/stream`, `${at}/snapshot`, `${at.replace('http', 'ws')}/ws`]);
  const chips = await page.$$('.chips label');
  assert.strictEqual(chips.length, 7);
  for (const chip of chips) {
    await chip.click();
    await page.click('#paste button');
    const text = await page.evaluate(() => window.copied.at(-1));
    assert.strictEqual(text, await page.$eval('#paste code', (code) => code.textContent));
    assert.ok(text.includes(`${at}/stream`), text);
  }
  assert.deepStrictEqual(page.complaints, []);
  await page.close();
});

test('the keyboard reaches every control, with a visible focus', async () => {
  const page = await open();
  const expected = await page.evaluate(() => {
    const all = [...document.querySelectorAll('a, button, input:checked')];
    return all.filter((one) => one.checkVisibility()).map((one) => {
      one.dataset.reach = one.id || one.getAttribute('aria-label') || one.textContent || one.type;
      return one.dataset.reach;
    });
  });
  assert.ok(expected.length >= 14, expected.join());
  const reached = new Set();
  for (let i = 0; i < 2 * expected.length && reached.size < expected.length; ++i) {
    await page.keyboard.press('Tab');
    const [name, outline] = await page.evaluate(() => {
      const one = document.activeElement;
      const shown = one.type === 'radio' ? one.nextElementSibling : one;
      return [one.dataset.reach, getComputedStyle(shown).outlineStyle];
    });
    if (name === undefined) continue;
    reached.add(name);
    assert.strictEqual(outline, 'solid', name);
  }
  assert.deepStrictEqual([...reached].sort(), [...expected].sort());
  await page.close();
});

test('a screen reader can read what is drawn', async () => {
  const page = await open();
  await page.waitForFunction(
    () => document.querySelector('#cards svg').getAttribute('aria-label').includes(' to '),
    { timeout: DEADLINE_MS });
  const labels = await page.$$eval('#cards svg', (all) => all.map((svg) => svg.ariaLabel));
  assert.strictEqual(labels.length, 5);
  assert.match(labels[1], /^Frame rate: \S+\sfps to \S+\sfps in the last two minutes$/);
  const named = await page.$$eval('button, img, canvas, svg[role=img]', (all) => all.every(
    (one) => one.alt || one.ariaLabel || one.getAttribute('aria-label') || one.textContent.trim()));
  assert.ok(named);
  // Screen readers announce only changes of the state.
  const live = await page.$$eval('[role=status], [aria-live]', (all) => all.map((one) => one.id));
  assert.deepStrictEqual(live, ['state', 'said']);
  await page.close();
});

for (const scheme of ['light', 'dark']) {
  test(`a phone shows the whole page without scrolling sideways, ${scheme}`, async () => {
    const page = await open(PHONE);
    // WebDriver BiDi cannot set the preferred colour scheme of Firefox.
    if (browserName === 'chromium') {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.strictEqual(paper, scheme === 'dark' ? 'rgb(19, 20, 22)' : 'rgb(247, 246, 243)');
    }
    for (const chip of await page.$$('.chips label')) {
      await chip.click();
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      assert.ok(!wide);
    }
    await page.screenshot({ path: path.join(folder, `${browserName}-phone-${scheme}.png`),
                            fullPage: true });
    await page.close();
  });
}
