#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// updates_test.mjs BINARY chromium|firefox FOLDER: the server's updates on its pages and in
// <fanlight-camera>. What a canvas shows after many of them is the camera's picture.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import { startFanlight } from './fanlight.mjs';
import { launchBrowser, noteSightings, openPage, readSightings } from './screen.mjs';

const [binary, browserName, folder] = process.argv.slice(2);
const DEADLINE_MS = 30_000;

let browser;
let server;
before(async () => {
  fs.mkdirSync(folder, { recursive: true });
  browser = await launchBrowser(browserName);
  // The test card moves in a few places.
  server = await startFanlight(binary, 0, ['--camera', 'front=pattern,size=640x480,fps=5',
                                           '--camera', 'back=pattern,size=640x480,fps=5']);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(async () => {
  for (const page of (await browser.pages()).slice(1)) await page.close();
});

async function open(at) {
  const page = await openPage(browser, server.origin + at);
  await noteSightings(page);
  return page;
}
const seesPictures = (page, count, name = '') => page.waitForFunction(
  (enough, tile) => window.sightings.filter((one) => one[2] === tile).length >= enough,
  { timeout: DEADLINE_MS }, count, name);

test('the page of a camera gets updates, which spare bytes', async () => {
  const page = await open('/?transport=updates');
  await seesPictures(page, 10);
  const [ratio, updates, failures] = await page.evaluate(
    () => [live.frames.ratio(), live.frames.updates, live.trust.failures.length]);
  assert.ok(updates >= 5, `${updates} updates`);
  assert.ok(ratio > 1.5, `1/${ratio} of the bytes`);
  assert.strictEqual(failures, 0);
  const numbers = (await readSightings(page)).map(([number]) => number);
  assert.ok(numbers.every((number, i) => i === 0 || number > numbers[i - 1]), numbers.join());
  assert.deepStrictEqual(page.complaints, []);
  await page.screenshot({ path: path.join(folder, `${browserName}-updates.png`) });
});

// Against the whole frame of the same number, which comes over a WebSocket of its own. Without
// sightings: Firefox stalls when the window and a worker read the same canvas again and again.
test('what the canvas shows is the whole frame of that number', async () => {
  const page = await openPage(browser, `${server.origin}/?transport=updates`);
  await page.waitForFunction(() => live.frames?.updates >= 5, { timeout: DEADLINE_MS });
  const worst = await page.evaluate((deadline) => {
    const kept = new Map();  // pictures of the canvas, as they are saved, by sequence number
    const before = display.shown;
    display.shown = async (shown) => {
      before(shown);
      const { head, blob } = await display.picture();
      if (head.update) kept.set(head.sequence, await pixelsOf(blob));
    };
    async function pixelsOf(blob) {
      const bitmap = await createImageBitmap(blob);
      const { width, height } = bitmap;
      const copy = Object.assign(document.createElement('canvas'), { width, height });
      const context = copy.getContext('2d', { willReadFrequently: true });
      context.drawImage(bitmap, 0, 0);
      return context.getImageData(0, 0, width, height).data;
    }
    return new Promise((done, failed) => {
      let compared = 0;
      let largest = 0;
      setTimeout(failed, deadline, new Error('no update has the number of a whole frame'));
      const pending = new Map();
      const other = new Frames('ws', async (head, blob) => {
        pending.set(head.sequence, await pixelsOf(blob));
        for (const [sequence, wanted] of pending) {
          const shown = kept.get(sequence);
          if (!shown) continue;
          pending.delete(sequence);
          let sum = 0;
          for (let i = 0; i < wanted.length; ++i) sum += Math.abs(wanted[i] - shown[i]);
          largest = Math.max(largest, sum / wanted.length);
          if (++compared === 5) {
            other.close();
            done(largest);
          }
        }
      }, () => {});
    });
  }, DEADLINE_MS);
  assert.ok(worst < 2, `differs by ${worst} of 255 in the mean`);
});

test('the page of all cameras gets updates of each', async () => {
  const page = await open('/cameras?transport=updates');
  for (const name of ['front', 'back']) await seesPictures(page, 5, name);
  const [updates, failures] = await page.evaluate(
    () => [live.frames.updates, live.trust.failures.length]);
  assert.ok(updates >= 5, `${updates} updates`);
  assert.strictEqual(failures, 0);
  assert.deepStrictEqual(page.complaints, []);
});

test('<fanlight-camera> gets updates', async () => {
  const page = await browser.newPage();
  await page.goto(`${server.origin}/healthz`, { waitUntil: 'domcontentloaded' });
  await page.evaluate(async () => {
    await import('/viewer.js');
    const element = document.createElement('fanlight-camera');
    element.src = '/cameras/front';
    document.body.replaceChildren(element);
  });
  await page.waitForFunction(
    () => document.querySelector('fanlight-camera').figures.updates >= 5,
    { timeout: DEADLINE_MS });
  assert.strictEqual(await page.$eval('fanlight-camera', (element) => element.figures.broken), 0);
  assert.strictEqual(await page.$eval('fanlight-camera', (element) => element.state), 'live');
});
