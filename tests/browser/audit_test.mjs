#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// audit_test.mjs BINARY chromium FOLDER: axe finds nothing on any page in any state, Lighthouse
// gives 100, and the layout does not shift on a phone. Screenshots are saved in FOLDER.
import assert from 'node:assert';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import lighthouse from 'lighthouse';

import { readSummary, startFanlight, watchCaptures } from './fanlight.mjs';
import { startProxy } from './proxy.mjs';
import { launchBrowser, launchWithoutJavaScript } from './screen.mjs';

const [binary, browserName, folder] = process.argv.slice(2);
const DEADLINE_MS = 30_000;
const AXE = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { width: 360, height: 740 };
const CAMERAS = ['--camera', 'front=pattern,size=640x480,fps=5',
                 '--camera', 'tall=pattern,size=480x640,fps=5'];

let browser;
let server;
let between;
before(async () => {
  fs.mkdirSync(folder, { recursive: true });
  browser = await launchBrowser(browserName);
});
after(() => browser?.close());
afterEach(async () => {
  for (const page of (await browser.pages()).slice(1)) await page.close();
  between?.stop();
  await server?.stop();
  between = server = undefined;
});

async function start(flags = CAMERAS) {
  server = await startFanlight(binary, 0, flags);
}
async function open(url, viewport = PHONE, from = browser) {
  const page = await from.newPage();
  await page.setViewport(viewport);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  return page;
}
const says = (page, text, id = 'state') => page.waitForFunction(
  (where, words) => document.getElementById(where).textContent.includes(words),
  { timeout: DEADLINE_MS }, id, text);
async function audit(page, name) {
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    const found = await page.evaluate(`${AXE};axe.run().then((result) => result.violations.map(
      (one) => one.id + ': ' + one.nodes.map((node) => node.html).join(' | ')))`);
    assert.deepStrictEqual(found, [], `${name}, ${scheme}`);
    await page.screenshot({ path: path.join(folder, `audit-${name}-${scheme}.png`),
                            fullPage: true });
  }
}

test('axe: every page, on a phone and a desktop', async () => {
  await start();
  const watching = new AbortController();  // so that /viewers has a viewer to show
  watchCaptures(server.origin, watching.signal);
  while ((await readSummary(server.origin)).viewers < 1);
  for (const viewport of [PHONE, { width: 1280, height: 900 }]) {
    for (const [name, at] of [['front', '/'], ['tall', '/cameras/tall'], ['cameras', '/cameras'],
                              ['viewers', '/viewers'], ['error', '/cameras/none/stream']]) {
      const page = await open(server.origin + at, viewport);
      if (name === 'front' || name === 'tall') await says(page, 'Live');
      await audit(page, `${name}-${viewport.width}`);
      const wide = await page.evaluate(
        () => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      assert.ok(!wide, `${name} is wider than ${viewport.width} pixels`);
      if (name === 'viewers') assert.ok(await page.$('tbody td'));
      await page.close();
    }
  }
  watching.abort();
});

test('axe: the stock table', async () => {
  await start([]);
  await audit(await open(`${server.origin}/stock-table`), 'stock-table');
});

test('axe: an unreachable server', async () => {
  await start();
  const page = await open(server.origin);
  const tiles = await open(`${server.origin}/cameras`);
  await tiles.waitForFunction(() => !document.querySelector('canvas.blank'),
                              { timeout: DEADLINE_MS });
  await page.bringToFront();
  await says(page, 'Live');
  await server.stop();
  await says(page, 'No connection since');
  await audit(page, 'dead');
  await tiles.bringToFront();
  await says(tiles, 'No connection since');
  assert.match(await tiles.$eval('.over:not([hidden])', (over) => over.textContent),
               /^No connection since /);
  assert.ok(await tiles.$eval('canvas', (canvas) => canvas.matches('.stale')));
  assert.strictEqual(await tiles.$eval('p.state', (words) => words.textContent), 'no connection');
  await audit(tiles, 'dead-cameras');
});

test('axe: a full server', async () => {
  await start(['--max-viewers', '1']);
  const first = new AbortController();
  watchCaptures(server.origin, first.signal);
  while ((await readSummary(server.origin)).viewers < 1);
  const page = await open(server.origin);
  await says(page, 'The camera is full (1 of 1 viewers)');
  await audit(page, 'full');
  first.abort();
});

test('axe: a lost camera', async () => {
  const gone = await startProxy('http://127.0.0.1:9');
  await gone.stop();
  server = await startFanlight(binary, 0, ['--camera', `away=${gone.url}`]);
  const page = await open(server.origin);
  await says(page, 'Camera lost: ');
  await audit(page, 'lost');
});

test('axe: the camera\'s controls', async () => {
  const row = { name: 'gain', value: 3, default: 2, active: true, read_only: false };
  const controls = [{ ...row, type: 'integer', minimum: 0, maximum: 9, step: 1 },
                    { ...row, name: 'flip', type: 'boolean', value: true, default: false },
                    { ...row, name: 'auto', type: 'menu', active: false,
                      items: [{ value: 3, text: 'On' }] }];
  await start(['--allow-control']);
  between = await startProxy(server.origin, '/', {
    answer: (method, asked) => asked.endsWith('controls')
      ? [200, 'application/json', JSON.stringify({ controls })] : undefined,
  });
  const page = await open(between.url);
  await page.waitForSelector('#control-auto', { timeout: DEADLINE_MS });
  await page.click('#controls summary');
  await audit(page, 'controls');
});

test('without JavaScript there are no dead buttons', async () => {
  await start();
  const plain = await launchWithoutJavaScript(browserName);
  try {
    for (const at of ['/', '/cameras']) {
      const page = await open(server.origin + at, PHONE, plain);
      assert.ok(await page.$eval(
        'main', (main) => main.textContent.includes('Without JavaScript')));
      assert.ok(await page.$$eval(
        '.scripted', (all) => all.every((one) => !one.checkVisibility())));
      await page.close();
    }
  } finally {
    await plain.close();
  }
});

// axe is itself a script: it gets the page as a browser without scripts would render it.
test('axe: the pages without JavaScript', async () => {
  await start();
  between = await startProxy(server.origin, '/', {
    page: (text) => text.replace(/<script>.*<\/script>/s, '').replace(/<\/?noscript>/g, '')
      .replace('(scripting: none)', 'all'),
  });
  for (const at of ['', 'cameras']) {
    const page = await open(between.url + at);
    assert.ok(!await page.$('script'));
    assert.ok(await page.$eval('main img', (image) => image.checkVisibility()));
    await audit(page, `without-javascript-${at}`);
    await page.close();
  }
});

// For a page that never finishes loading, Lighthouse's gatherer waits this long.
const LIMITS = { maxWaitForFcp: 10_000, maxWaitForLoad: 12_000 };
// An error page is not meant for search engines: its status must be an error.
const SKIPPED = { '/cameras/none': ['http-status-code', 'is-crawlable', 'errors-in-console'] };
for (const at of ['/', '/cameras', '/viewers', '/stock-table', '/cameras/none']) {
  test(`Lighthouse: ${at}`, { timeout: 120_000 }, async () => {
    await start(at === '/stock-table' ? [] : CAMERAS);
    const page = await browser.newPage();
    const { lhr } = await lighthouse(server.origin + at, {
      logLevel: 'silent', output: 'json', ignoreStatusCode: true, ...LIMITS,
      onlyCategories: ['accessibility', 'best-practices', 'seo'], skipAudits: SKIPPED[at],
    }, undefined, page);
    assert.strictEqual(lhr.runtimeError, undefined);
    for (const category of Object.values(lhr.categories)) {
      const short = category.auditRefs.map(({ id, weight }) => [lhr.audits[id], weight])
        .filter(([one, weight]) => weight && one.score !== null && one.score < 1)
        .map(([one]) => `${one.id}: ${JSON.stringify(one.details?.items).slice(0, 300)}`);
      assert.strictEqual(category.score, 1, `${category.id}: ${short.join('\n')}`);
    }
    await page.close();
  });
}

test('the layout does not shift on a phone, even if the page loads slowly', async () => {
  await start();
  between = await startProxy(server.origin, '/', { delay: 700 });
  for (const at of ['', 'cameras', 'cameras/tall', 'viewers', 'cameras/none/x']) {
    const page = await browser.newPage();
    await page.setViewport(PHONE);
    await page.evaluateOnNewDocument(() => {
      window.shift = 0;
      window.shifted = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          if (entry.hadRecentInput) continue;
          window.shift += entry.value;
          window.shifted.push(...entry.sources.map(({ node }) => node?.id || node?.nodeName));
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(between.url + at, { waitUntil: 'domcontentloaded' });
    if (at === '' || at.endsWith('tall')) {
      await says(page, 'Live');
      // After two summaries, the figures have their numbers and their texts.
      await page.waitForFunction(
        () => /\d/.test(document.querySelector('[data-card=sent] b').textContent),
        { timeout: DEADLINE_MS });
    }
    if (at === 'cameras') {
      await page.waitForFunction(() => !document.querySelector('canvas.blank'),
                                 { timeout: DEADLINE_MS });
    }
    const [shift, what] = await page.evaluate(() => [window.shift, window.shifted]);
    assert.ok(shift < 0.05, `/${at}: ${shift} by ${what}`);
    await page.close();
  }
});
