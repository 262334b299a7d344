#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// history_test.mjs BINARY chromium|firefox FOLDER: the slider of a camera's page shows the last
// seconds again, and leads back to the live picture.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { fetchBytes, readSummary, startFanlight } from './fanlight.mjs';
import { launchBrowser, openPage } from './screen.mjs';

const [binary, browserName, folder] = process.argv.slice(2);
const DEADLINE_MS = 30_000;

let server;
let browser;
before(async () => {
  fs.mkdirSync(folder, { recursive: true });
  server = await startFanlight(binary, 0, ['--camera', 'porch=pattern,size=640x480,fps=5',
                                           '--history', '60s']);
  browser = await launchBrowser(browserName);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const state = (page) => page.$eval('#state', (node) => node.textContent);

// The page, with so many seconds of history.
async function open(seconds, viewport) {
  const page = await openPage(browser, `${server.origin}/cameras/porch`, viewport);
  await page.waitForFunction((least) => document.getElementById('state').textContent === 'Live' &&
                                        -document.getElementById('moment').min >= least,
                             { timeout: DEADLINE_MS }, seconds);
  return page;
}

// As a finger does it; a slider has no other event while it is dragged.
const drag = (page, value) => page.$eval('#moment', (slider, to) => {
  slider.value = to;
  slider.dispatchEvent(new Event('input'));
}, value);

const pastIsShown = (page) => page.waitForFunction(() => {
  const picture = document.querySelector('#stage img[alt^="earlier"]');
  return !picture.hidden && picture.complete && picture.naturalWidth === 640;
}, { timeout: DEADLINE_MS });

const isLive = (page) => page.waitForFunction(
    () => document.getElementById('state').textContent === 'Live' &&
          document.querySelector('#stage img[alt^="earlier"]').hidden,
    { timeout: DEADLINE_MS });

test('the slider shows an earlier picture, and says how old it is', async () => {
  const page = await open(4);
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await drag(page, -3);
  await pastIsShown(page);
  assert.ok(asked.some((url) => /\/cameras\/porch\/snapshot\?at=-3\.\d\ds$/.test(url)), asked);
  assert.match(await state(page), /^[\d.]+\u2009s ago$/);
  assert.strictEqual(await page.$eval('#pause span', (node) => node.textContent), 'Resume');
  await page.screenshot({ path: path.join(folder, `history-${browserName}.png`) });
  await page.close();
});

test('the newest position is what counts, however fast the slider moves', async () => {
  const page = await open(4);
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.$eval('#moment', (slider) => {
    for (let tenths = 1; tenths <= 30; ++tenths) {
      slider.value = -tenths / 10;
      slider.dispatchEvent(new Event('input'));
    }
  });
  await pastIsShown(page);
  await page.waitForFunction(() => !past.asking, { timeout: DEADLINE_MS });
  const moments = asked.filter((url) => url.includes('snapshot?at='));
  assert.ok(moments.length <= 5, `${moments.length} requests`);
  assert.match(moments.at(-1), /at=-3\.\d\ds$/);
  await page.close();
});

test('play goes on from there, and ends live', async () => {
  const page = await open(4);
  await drag(page, -3);
  await pastIsShown(page);
  await page.click('#replay');
  await page.waitForFunction(
      () => document.querySelector('#stage img[alt^="earlier"]').src.includes('/stream?from=-3.'),
      { timeout: DEADLINE_MS });
  await pastIsShown(page);
  assert.match(await state(page), /^3\.?\d*\u2009s ago$/);
  await isLive(page);
  assert.strictEqual(await page.$eval('#moment', (slider) => slider.value), '0');
  assert.strictEqual(await page.$eval('#replay', (button) => button.disabled), true);
  await page.close();
});

test('both the slider and the button lead back to the live picture', async () => {
  const page = await open(4);
  await drag(page, -2);
  await pastIsShown(page);
  await drag(page, 0);
  await isLive(page);
  await drag(page, -2);
  await pastIsShown(page);
  await page.click('#pause');
  await isLive(page);
  await page.close();
});

test('the keyboard moves it', async () => {
  const page = await open(4);
  await page.focus('#moment');
  for (let i = 0; i < 10; ++i) await page.keyboard.press('ArrowLeft');
  await pastIsShown(page);
  await page.keyboard.press('End');
  await isLive(page);
  await page.close();
});

test('a snapshot saves the picture of that time', async () => {
  const page = await open(5);
  await page.evaluate(() => {
    HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download; };
  });
  await drag(page, -4);
  await pastIsShown(page);
  const before = Date.now();
  await page.click('#save');
  await page.waitForFunction(() => window.savedAs, { timeout: DEADLINE_MS });
  const name = await page.evaluate(() => window.savedAs);
  const [, date, hours, minutes, seconds] =
      name.match(/^porch-(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-(\d\d)\.jpg$/);
  const saved = new Date(`${date}T${hours}:${minutes}:${seconds}`).getTime();
  assert.ok(saved <= before - 3_000, `${name} is of ${before - saved} ms before`);
  await page.close();
});

test('the whole history can be saved', async () => {
  const page = await open(2);
  const url = await page.$eval('#clip', (link) => link.href);
  const { headers, body } = await fetchBytes(url);
  assert.match(headers.get('content-disposition'), /^attachment; filename="porch-.*\.mjpeg"$/);
  assert.ok(body.toString('latin1').endsWith('\r\n--boundarydonotcross--\r\n'));
  await page.close();
});

test('without a history there is no slider', async () => {
  const other = await startFanlight(binary, 0, ['--camera', 'porch=pattern,fps=5']);
  const page = await openPage(browser, `${other.origin}/cameras/porch`);
  assert.strictEqual(await page.$('#past'), null);
  assert.strictEqual((await readSummary(other.origin)).cameras[0].history_seconds, 0);
  await page.close();
  await other.stop();
});
