#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// page_test.mjs BINARY chromium|firefox FOLDER: the page of a camera keeps its picture, whatever
// happens to the server, the camera and the network between. Screenshots are saved in FOLDER.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import { PNG } from 'pngjs';

import { readSummary, startFanlight, watchCaptures } from './fanlight.mjs';
import { startProxy } from './proxy.mjs';
import { launchBrowser, launchWithoutJavaScript, noteSightings, openPage,
         readSightings } from './screen.mjs';

const [binary, browserName, folder] = process.argv.slice(2);
const DEADLINE_MS = 30_000;  // of one step
const PATIENCE_MS = 5_000;   // of the page, with a silent connection
const PATTERN = ['--source', 'pattern', '--fps', '5', '--size', '640x480'];

let browser;
const running = [];  // servers and proxies of one test

before(async () => {
  fs.mkdirSync(folder, { recursive: true });
  browser = await launchBrowser(browserName);
});
after(() => browser?.close());
afterEach(async () => {
  for (const page of (await browser.pages()).slice(1)) await page.close();
  while (running.length) await running.pop().stop();
});

async function start(flags = PATTERN, port = 0) {
  const server = await startFanlight(binary, port, flags);
  running.push(server);
  return server;
}
const restart = (server, flags) => start(flags, new URL(server.origin).port);
async function stop(server) {
  running.splice(running.indexOf(server), 1);
  assert.strictEqual(await server.stop(), 0);
}
async function proxy(...args) {
  const made = await startProxy(...args);
  running.push(made);
  return made;
}

// Waits for `count` new pictures.
async function seesPictures(page, count = 3) {
  const { length } = await readSightings(page);
  await page.waitForFunction((enough) => window.sightings.length >= enough,
                             { timeout: DEADLINE_MS }, length + count);
}
const says = (page, text) =>
  page.waitForFunction((words) => document.getElementById('state').textContent.includes(words),
                       { timeout: DEADLINE_MS }, text);
async function open(url) {
  const page = await openPage(browser, url);
  await noteSightings(page);
  await seesPictures(page);
  await says(page, 'Live');
  return page;
}
// The text over the picture, in the element that becomes full screen.
const overlays = (page, pattern) => page.waitForFunction(
  (what) => new RegExp(what).test(
    document.querySelector('#figure #over:not([hidden])')?.textContent),
  { timeout: DEADLINE_MS }, pattern.source);
const isDim = (page) => page.evaluate(
  () => [...document.querySelectorAll('#stage img, #stage canvas')]
    .filter((picture) => !picture.hidden)
    .some((picture) => getComputedStyle(picture).filter.includes('brightness')));
async function viewersAre(server, count) {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const { viewers } = await readSummary(server.origin);
    if (viewers === count) return;
    assert.ok(Date.now() < deadline, `${viewers} viewers instead of ${count}`);
  }
}
const shoot = (page, name) =>
  page.screenshot({ path: path.join(folder, `${browserName}-${name}.png`), fullPage: true });

for (const transport of ['ws', 'img']) {
  test(`${transport}: the picture moves, without policy violations`, async () => {
    const server = await start();
    const between = await proxy(server.origin);
    const page = await open(`${between.url}?transport=${transport}`);
    await page.waitForFunction(() => document.querySelector('#cards b').textContent.includes('s'),
                               { timeout: DEADLINE_MS });
    await viewersAre(server, 1);
    assert.deepStrictEqual(page.complaints, []);
    // The <img> for browsers without JavaScript must not have started a separate stream.
    const streams = between.requested.filter((asked) => /^\/(stream|ws)/.test(asked));
    assert.strictEqual(streams.length, 1, streams.join());
    await shoot(page, `page-${transport}`);
  });

  test(`${transport}: the picture comes back with the server, without a reload`, async () => {
    const server = await start();
    const page = await open(`${server.origin}/?transport=${transport}`);
    await page.evaluate(() => { window.mark = 'the same page'; });
    await stop(server);
    await says(page, 'No connection since ');
    await overlays(page, /^No connection since \d\d:\d\d:\d\d, trying again$/);
    assert.ok(await isDim(page));
    await shoot(page, `dead-${transport}`);
    await restart(server, PATTERN);
    await seesPictures(page);
    await says(page, 'Live');
    assert.strictEqual(await page.evaluate(() => window.mark), 'the same page');
    assert.ok(!await isDim(page));
    assert.ok(await page.$eval('#over', (over) => over.hidden));
  });

  // The page gets no notification: its connection stalls, and new ones can be made. On a busy
  // machine another connection may be silent for as long; none is given up sooner.
  test(`${transport}: a stalled stream is detected`, async () => {
    const server = await start();
    const between = await proxy(server.origin);
    const page = await open(`${between.url}?transport=${transport}`);
    const streams = () => between.requested.filter((asked) => /^\/(stream|ws)/.test(asked)).length;
    const before = streams(), frozen = Date.now();
    between.freeze();
    while (streams() === before) await seesPictures(page, 1);  // those on their way, then a new one
    await seesPictures(page);
    const begun = streams() - before;
    assert.ok(begun <= 1 + (Date.now() - frozen) / PATIENCE_MS, `${begun} new streams`);
  });

  test(`${transport}: a hidden tab closes its connection`, async () => {
    const server = await start();
    const page = await open(`${server.origin}/?transport=${transport}`);
    await viewersAre(server, 1);
    const other = await browser.newPage();
    await other.bringToFront();
    await viewersAre(server, 0);
    await page.bringToFront();
    await viewersAre(server, 1);
    await seesPictures(page);
  });

  test(`${transport}: pause keeps the picture and closes the connection`, async () => {
    const server = await start();
    const page = await open(`${server.origin}/?transport=${transport}`);
    await page.click('#pause');
    await says(page, 'Paused');
    await viewersAre(server, 0);
    assert.strictEqual(await page.$eval('#pause span', (label) => label.textContent), 'Resume');
    assert.ok(await page.$eval('#canvas', (canvas) => !canvas.hidden && canvas.width === 640));
    await shoot(page, `paused-${transport}`);
    await page.click('#pause');
    await seesPictures(page);
    await viewersAre(server, 1);
  });
}

test('behind a proxy without WebSockets, and below a path, the <img> takes over', async () => {
  const server = await start();
  const between = await proxy(server.origin, '/webcam/', { webSockets: false });
  const page = await open(between.url);
  const source = await page.$eval('#stage > img', (image) => !image.hidden && image.src);
  assert.ok(source.includes('/webcam/stream'), source);
  await viewersAre(server, 1);
});

test('the text reports that a camera is lost, and its return', async () => {
  const upstream = await start();
  const relay = await start(['--camera', `porch=${upstream.origin}/stream`]);
  const page = await open(`${relay.origin}/cameras/porch`);
  await stop(upstream);
  await says(page, 'Camera lost: ');
  await shoot(page, 'lost');
  await restart(upstream, PATTERN);
  await seesPictures(page);
  await says(page, 'Live');
});

for (const transport of ['', 'ws', 'img']) {
  test(`a full server is reported, and the page retries until admitted: ${transport}`, async () => {
    const server = await start([...PATTERN, '--max-viewers', '1']);
    const first = new AbortController();
    watchCaptures(server.origin, first.signal);
    await viewersAre(server, 1);
    const page = await openPage(browser, `${server.origin}/?transport=${transport}`);
    await noteSightings(page);
    await says(page, 'The camera is full (1 of 1 viewers), trying again');
    await overlays(page, /^The camera is full \(1 of 1 viewers\), trying again$/);
    // The browsers themselves log that the WebSocket was refused.
    const others = page.complaints.filter((text) => !/503|can’t establish a connection/.test(text));
    assert.deepStrictEqual(others, []);
    first.abort();
    await seesPictures(page);
    await says(page, 'Live');
  });
}

test('reaching the limit per address is reported', async () => {
  const server = await start([...PATTERN, '--max-viewers-per-address', '1']);
  const first = new AbortController();
  watchCaptures(server.origin, first.signal);
  await viewersAre(server, 1);
  const page = await openPage(browser, server.origin);
  await says(page, 'Too many streams from your address, trying again');
  first.abort();
});

test('text from a camera is never interpreted as markup', async () => {
  const server = await start();
  const markup = '<img src=x id=injected>';
  const between = await proxy(server.origin, '/', {
    rewrite: (text) => {
      const summary = JSON.parse(text);
      Object.assign(summary.cameras[0], { state: 'lost', reason: markup });
      return JSON.stringify(summary);
    },
  });
  const page = await openPage(browser, between.url);
  await says(page, markup);
  assert.strictEqual(await page.$('#injected'), null);
});

test('without JavaScript the <img> streams', async () => {
  const server = await start();
  const plain = await launchWithoutJavaScript(browserName);
  running.push({ stop: () => plain.close() });
  const page = await plain.newPage();
  await page.goto(server.origin, { waitUntil: 'domcontentloaded' });
  await viewersAre(server, 1);
  // The bars of the test card: nothing else on the page is magenta.
  const isMagenta = (data, i) => data[i] > 150 && data[i + 1] < 60 && data[i + 2] > 150;
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const { data } = PNG.sync.read(Buffer.from(await shoot(page, 'without-javascript')));
    let magenta = 0;
    for (let i = 0; i < data.length; i += 4) magenta += isMagenta(data, i);
    if (magenta > 5000) break;
    assert.ok(Date.now() < deadline, `${magenta} pixels are magenta`);
  }
});
