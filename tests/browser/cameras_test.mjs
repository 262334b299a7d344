#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// cameras_test.mjs BINARY chromium|firefox FOLDER: nine cameras move on one page, which uses no
// more than two of the six connections that a browser opens to a server.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import { readSummary, startFanlight } from './fanlight.mjs';
import { startProxy } from './proxy.mjs';
import { launchBrowser, noteSightings, openPage } from './screen.mjs';

const [binary, browserName, folder] = process.argv.slice(2);
const DEADLINE_MS = 40_000;
const NAMES = Array.from({ length: 8 }, (_, i) => `cam-${i + 1}`);
const DESKTOP = { width: 1280, height: 960 };

let server;
let browser;
let between;
before(async () => {
  fs.mkdirSync(folder, { recursive: true });
  const cameras = NAMES.flatMap((name) => ['--camera', `${name}=pattern,size=320x240,fps=2`]);
  // A camera without a server: the port of a listener that has been closed.
  const gone = await startProxy('http://127.0.0.1:9');
  await gone.stop();
  server = await startFanlight(binary, 0, [...cameras, '--camera', `away=${gone.url}`]);
  browser = await launchBrowser(browserName);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(async () => {
  for (const page of (await browser.pages()).slice(1)) await page.close();
  between?.stop();
});

async function open(options, viewport = DESKTOP) {
  between = await startProxy(server.origin, '/', options);
  const page = await openPage(browser, `${between.url}cameras`, viewport);
  await noteSightings(page);
  return page;
}
// Each of the named tiles has shown three pictures.
const allMove = (page, names = NAMES) => page.waitForFunction(
  (wanted) => wanted.every(
    (name) => window.sightings.filter((one) => one[2] === name).length >= 3),
  { timeout: DEADLINE_MS }, names);
const reads = (page, selector, pattern) => page.waitForFunction(
  (where, what) => new RegExp(what).test(document.querySelector(where).textContent),
  { timeout: DEADLINE_MS }, selector, pattern.source);

for (const webSockets of [true, false]) {
  const how = webSockets ? 'one WebSocket' : 'snapshots in turn';
  test(`nine tiles by ${how}`, async () => {
    const page = await open({ webSockets });
    await allMove(page);
    await page.waitForFunction(
      () => !document.querySelector('[data-name="away"] canvas').matches('.blank'),
      { timeout: DEADLINE_MS });
    assert.ok(between.connections() <= 2, `${between.connections()} connections`);
    await reads(page, '[data-name="cam-3"] p.state', /^320×240 · \S+ fps$/);
    await reads(page, '[data-name="away"] p.state', /^Camera lost: /);
    await reads(page, '#state', /^9 cameras, 1 lost$/);
    if (webSockets) assert.deepStrictEqual(page.complaints, []);
    await page.screenshot({ path: path.join(folder, `${browserName}-tiles-${webSockets}.png`),
                            fullPage: true });
  });
}

test('a picture links to the page of its camera, which links back', async () => {
  const page = await open({});
  await allMove(page, ['cam-2']);
  await page.focus('[data-name="cam-2"] a');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#pause', { timeout: DEADLINE_MS });
  assert.strictEqual(await page.$eval('h1', (head) => head.textContent), 'cam-2');
  await page.waitForFunction(() => document.getElementById('state').textContent === 'Live',
                             { timeout: DEADLINE_MS });
  await page.click('#all');
  await page.waitForSelector('[data-name="cam-2"]', { timeout: DEADLINE_MS });
});

test('on a phone only visible tiles are streamed', async () => {
  const page = await open({}, { width: 360, height: 700 });
  await allMove(page, ['cam-1', 'cam-2']);
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  assert.ok(!wide);
  const first = between.requested.filter((asked) => asked.startsWith('/ws'));
  assert.ok(first.length === 1 && !first[0].includes('cam-8'), first.join());
  await page.evaluate(() => document.querySelector('[data-name="cam-8"]').scrollIntoView());
  await allMove(page, ['cam-8']);
  const last = between.requested.filter((asked) => asked.startsWith('/ws')).at(-1);
  assert.ok(last.includes('cam-8') && !last.includes('cam-1,'), last);
  await page.screenshot({ path: path.join(folder, `${browserName}-tiles-phone.png`) });
});

test('a hidden tab closes its streams, and resumes them when shown', async () => {
  const page = await open({});
  await allMove(page);
  const other = await browser.newPage();
  await other.bringToFront();
  const deadline = Date.now() + DEADLINE_MS;
  while ((await readSummary(server.origin)).viewers > 0) assert.ok(Date.now() < deadline);
  await page.bringToFront();
  await page.evaluate(() => { window.sightings = []; });
  await allMove(page);
});
