#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// viewer_test.mjs BINARY chromium|firefox FOLDER: <fanlight-camera> on a page of another origin,
// which imports the server's /viewer.js. Its camera is scripted, or the server's. Screenshots are
// saved in FOLDER.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { PNG } from 'pngjs';

import { fetchBytes, readSummary, startFanlight } from './fanlight.mjs';
import { startProxy } from './proxy.mjs';
import { launchBrowser } from './screen.mjs';
import { GRID, SEGMENTS, colourOf, middleOf, picture, startStandIn, update, whole }
  from './stand_in.mjs';

const [binary, browserName, folder] = process.argv.slice(2);
const DEADLINE_MS = 30_000;
const versions = (version) => Array(SEGMENTS).fill(version);
// Segments of all versions; the runs of an update say which of them changed.
const [FIRST, SECOND, THIRD] = [0, 1, 2].map((version) => picture(versions(version)));

let browser;
let server;
let camera;  // the stand-in, which also serves the page
before(async () => {
  fs.mkdirSync(folder, { recursive: true });
  browser = await launchBrowser(browserName);
  server = await startFanlight(binary, 0, ['--source', 'pattern', '--fps', '5', '--size',
                                           '640x480', '--cors-origin', '*']);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(async () => { camera = await startStandIn(); });
afterEach(async () => {
  for (const page of (await browser.pages()).slice(1)) await page.close();
  camera.stop();
});

// A page with an element for `src`, relative to the stand-in. window.events lists its events, and
// window.errors the exceptions that reached the page.
async function open(src = '.', { fields = {}, attributes = '' } = {}) {
  camera.page.fields = fields;
  camera.page.text = `<!doctype html><title>Home</title>
    <link rel="icon" href="data:,"><script type="module" src="${server.origin}/viewer.js"></script>
    <fanlight-camera src="${src}" ${attributes}></fanlight-camera>`;
  const page = await browser.newPage();
  await page.setViewport({ width: 400, height: 300 });
  await page.evaluateOnNewDocument(() => {
    window.events = [];
    window.errors = [];
    addEventListener('error', ({ message }) => window.errors.push(message));
    addEventListener('unhandledrejection', ({ reason }) => window.errors.push(`${reason}`));
    document.addEventListener('statechange', ({ detail }) => {
      window.events.push([detail.state, detail.reason]);
    }, true);
  });
  await page.goto(`${camera.origin}/`, { waitUntil: 'domcontentloaded' });
  await page.$eval('fanlight-camera', (element, { width, height }) => {
    Object.assign(element.style, { width: `${width}px`, height: `${height}px` });
  }, GRID);
  return page;
}
const is = (page, key, value) => page.waitForFunction(
  (name, expected) => {
    const element = document.querySelector('fanlight-camera');
    return (name in element.figures ? element.figures[name] : element[name]) === expected;
  }, { timeout: DEADLINE_MS }, key, value);
const errorsOf = (page) => page.evaluate(() => window.errors);

// Waits until segment i has version shown[i] on the screen.
async function shows(page, shown, name) {
  const element = await page.$('fanlight-camera');
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const png = Buffer.from(await element.screenshot());
    const { data, width } = PNG.sync.read(png);
    const wrong = shown.findIndex((version, segment) => {
      const [x, y] = middleOf(segment);
      return colourOf(segment, version).some(
        (value, i) => Math.abs(value - data[(y * width + x) * 4 + i]) > 12);
    });
    if (wrong < 0) {
      if (name) fs.writeFileSync(path.join(folder, `${browserName}-${name}.png`), png);
      return;
    }
    assert.ok(Date.now() < deadline, `segment ${wrong} is not of version ${shown[wrong]}`);
  }
}
const changed = (before, version, runs) => before.map(
  (old, i) => runs.some(([first, count]) => i >= first && i < first + count) ? version : old);

const POLICY = (origin) => ({ 'Content-Security-Policy':
  `default-src 'none'; img-src data:; connect-src 'self'; script-src ${origin}` });
const isTransferred = (page) => page.$eval('fanlight-camera', ({ shadowRoot }) => {
  try {
    shadowRoot.querySelector('canvas').getContext('2d');
    return false;
  } catch (error) {
    return true;
  }
});
for (const where of ['in a worker', 'where the policy forbids workers']) {
  const inWorker = where === 'in a worker';
  test(`updates are drawn onto their bases, ${where}`, async () => {
    const page = await open('.', { fields: inWorker ? {} : POLICY(server.origin) });
    const link = await camera.links.next();
    assert.strictEqual(link.path, '/ws?segments=1');
    assert.strictEqual(link.origin, camera.origin);
    link.send(whole(FIRST, 1));
    await shows(page, versions(0));
    // Over the ends of rows, in the cut column and row, and with a last row that is not full.
    const runs = [[0, 1], [2, 3], [10, 1], [14, 1], [22, 2]];
    link.send(update(SECOND, 1, 2, runs, 3));
    const second = changed(versions(0), 1, runs);
    await shows(page, second, inWorker ? 'viewer' : undefined);
    link.send(update(SECOND, 2, 3, []));
    await is(page, 'sequence', 3);
    await shows(page, second);
    // All that come at once, in their order.
    link.send(update(THIRD, 3, 5, [[1, 4]], 1));
    link.send(update(FIRST, 5, 6, [[4, 12]], 2));
    link.send(update(THIRD, 6, 9, [[SEGMENTS - 1, 1]], 1));
    await shows(page, changed(changed(changed(second, 2, [[1, 4]]), 0, [[4, 12]]),
                              2, [[SEGMENTS - 1, 1]]));
    // Everything changes, and a repeat changes nothing.
    link.send(whole(THIRD, 10));
    link.send(whole(THIRD, 10));
    link.send(update(FIRST, 10, 11, [[0, SEGMENTS]], 3));
    await shows(page, versions(0));
    await is(page, 'state', 'live');
    await is(page, 'updates', 6);
    await is(page, 'broken', 0);
    assert.strictEqual(await isTransferred(page), inWorker);
    assert.deepStrictEqual(await errorsOf(page), []);
  });
}

test('an update that does not fit is not drawn; after three, frames come whole', async () => {
  const page = await open();
  const [head] = update(SECOND, 1, 2, [[0, 4]]);
  const misfits = [update(SECOND, 7, 8, [[0, 4]]), [head, update(SECOND, 1, 2, [[0, 2]])[1]],
                   [head, Buffer.from('not a JPEG')]];
  for (const misfit of misfits) {
    const link = await camera.links.next();
    assert.strictEqual(link.path, '/ws?segments=1');
    link.send(whole(FIRST, 1));
    await shows(page, versions(0));
    link.send(misfit);
    link.send(update(THIRD, misfit[0].sequence, 9, [[0, SEGMENTS]]));
    await link.closed;
  }
  const link = await camera.links.next();
  assert.strictEqual(link.path, '/ws');
  link.send(whole(FIRST, 2));
  await is(page, 'sequence', 2);
  await is(page, 'state', 'live');
  await shows(page, versions(0));
  await is(page, 'broken', 3);
  assert.deepStrictEqual(await errorsOf(page), []);
});

test('slates and lost connections are told, and the picture comes back', async () => {
  const page = await open();
  let link = await camera.links.next();
  link.send(whole(FIRST, 1));
  await is(page, 'state', 'live');
  link.send(whole(SECOND, 2, 'unplugged'));
  await is(page, 'state', 'lost');
  await shows(page, versions(1));  // not dimmed
  link.send(whole(FIRST, 3));
  await is(page, 'state', 'live');
  link.close();
  await is(page, 'state', 'lost');
  await page.screenshot({ path: path.join(folder, `${browserName}-viewer-lost.png`) });
  link = await camera.links.next();
  link.send(whole(THIRD, 1));
  await is(page, 'state', 'live');
  await shows(page, versions(2));
  link.text('not JSON');
  await link.closed;
  await is(page, 'state', 'lost');
  const events = await page.evaluate(
    () => window.events.filter(([state]) => state !== 'paused'));
  assert.deepStrictEqual(events, [['connecting', ''], ['live', ''], ['lost', 'unplugged'],
                                  ['live', ''], ['lost', ''], ['live', ''], ['lost', '']]);
  assert.deepStrictEqual(await errorsOf(page), []);
});

test('it pauses while nobody sees it, and ends when it is removed', async () => {
  const page = await open();
  const arrives = async () => {
    const link = await camera.links.next();
    link.send(whole(FIRST, 1));
    await is(page, 'state', 'live');
    return link;
  };
  let link = await arrives();
  await page.evaluate(() => {
    document.body.style.paddingBottom = '9000px';
    scrollTo(0, 8000);
  });
  await link.closed;
  await is(page, 'state', 'paused');
  await page.evaluate(() => scrollTo(0, 0));
  link = await arrives();

  const other = await browser.newPage();
  await other.bringToFront();
  await link.closed;
  await page.bringToFront();
  link = await arrives();

  await page.$eval('fanlight-camera', (element) => {
    window.kept = element;
    element.remove();
  });
  await link.closed;
  assert.strictEqual(await page.evaluate(() => window.kept.state), 'paused');
  await page.evaluate(() => document.body.append(window.kept));
  link = await arrives();
  await shows(page, versions(0));
  await page.$eval('fanlight-camera', (element) => element.removeAttribute('src'));
  await link.closed;
  await is(page, 'state', 'paused');
  assert.deepStrictEqual(await errorsOf(page), []);
});

test('attributes: a prefix of a proxy, parameters, the frame rate, another camera', async () => {
  const page = await open('/webcam/cameras/front/?token=a#b', { attributes: 'fps="2.5"' });
  const first = await camera.links.next();
  assert.strictEqual(first.path, '/webcam/cameras/front/ws?token=a&fps=2.5&segments=1');
  await page.$eval('fanlight-camera', (element) => element.setAttribute('fps', '5'));
  await first.closed;
  const second = await camera.links.next();
  assert.strictEqual(second.path, '/webcam/cameras/front/ws?token=a&fps=5&segments=1');
  await page.$eval('fanlight-camera', (element) => { element.src = 'cameras/back'; });
  await second.closed;
  const third = await camera.links.next();
  assert.strictEqual(third.path, '/cameras/back/ws?fps=5&segments=1');
  await page.$eval('fanlight-camera', (element) => { element.src = 'javascript:1'; });
  await third.closed;
  await is(page, 'state', 'paused');
  assert.deepStrictEqual(await errorsOf(page), []);
});

test('the server\'s own pictures, from another origin, in their shape', async () => {
  const page = await open(server.origin);
  await is(page, 'state', 'live');
  await is(page, 'width', 640);
  await page.$eval('fanlight-camera', ({ style }) => {
    style.width = '320px';
    style.height = '';
  });
  await page.waitForFunction(
    () => document.querySelector('fanlight-camera').clientHeight === 240, { timeout: DEADLINE_MS });
  await page.waitForFunction(
    () => document.querySelector('fanlight-camera').figures.frames >= 3, { timeout: DEADLINE_MS });
  assert.deepStrictEqual(await errorsOf(page), []);
});

test('the module is small', async () => {
  const { body } = await fetchBytes(`${server.origin}/viewer.js`);
  assert.ok(gzipSync(body).length < 6000, `${gzipSync(body).length} bytes, compressed`);
});

test('the examples of docs/viewer.md', async () => {
  const manual = fs.readFileSync(new URL('../../docs/viewer.md', import.meta.url), 'utf8');
  const [plain, styled] = [...manual.matchAll(/```html\n(.*?)```/gs)].map(
    ([, html]) => html.replaceAll('http://HOST:5000', server.origin));
  const page = await open();
  for (const text of [plain.replace('/front', '/camera'), plain.split('\n')[0] + styled]) {
    camera.page.text = `<!doctype html><link rel="icon" href="data:,">${text}`;
    await page.reload({ waitUntil: 'domcontentloaded' });
    await is(page, 'state', 'live');
    await is(page, 'width', 640);
    assert.deepStrictEqual(await errorsOf(page), []);
  }
  assert.strictEqual(await page.$eval('#words', (words) => words.textContent), 'live');
  await page.screenshot({ path: path.join(folder, `${browserName}-viewer-manual.png`) });
});

test('where WebSockets do not pass, frames are fetched by number', async () => {
  const between = await startProxy(server.origin, '/webcam/', { webSockets: false });
  try {
    const page = await open(`${between.url}cameras/camera`, { attributes: 'fps="4"' });
    await is(page, 'state', 'live');
    await page.waitForFunction(() => {
      const { updates, frames } = document.querySelector('fanlight-camera').figures;
      return updates >= 10 && frames < 2 * updates;
    }, { timeout: DEADLINE_MS });
    await is(page, 'broken', 0);
    await page.screenshot({ path: path.join(folder, `${browserName}-viewer-numbered.png`) });
    await page.$eval('fanlight-camera', (element) => element.remove());
    const paths = [...new Set(between.requested.map((asked) => asked.replace(/\?.*/, '')))];
    const other = paths.filter((asked) => !/\/frames\/(next|\d+)\.update$/.test(asked));
    assert.deepStrictEqual(other, ['/cameras/camera/ws']);
    assert.deepStrictEqual(await errorsOf(page), []);
  } finally {
    between.stop();
  }
});

test('where scripts may not fetch either, an <img> takes over', async () => {
  const isFrame = (asked) => asked.includes('/frames/');
  const between = await startProxy(server.origin, '/webcam/', { webSockets: false,
    answer: (method, asked) => isFrame(asked) && [404, 'text/plain', 'no'] });
  try {
    const page = await open(`${between.url}cameras/camera`);
    await is(page, 'state', 'live');
    const [source, isCanvasHidden] = await page.$eval(
      'fanlight-camera',
      ({ shadowRoot }) => [shadowRoot.querySelector('img[part=picture]').src,
                           shadowRoot.querySelector('canvas').hidden]);
    assert.ok(source.startsWith(`${between.url}cameras/camera/stream?`), source);
    assert.ok(isCanvasHidden);
    await page.screenshot({ path: path.join(folder, `${browserName}-viewer-img.png`) });
    await page.$eval('fanlight-camera', (element) => element.remove());
    while ((await readSummary(server.origin)).viewers > 0);
    assert.deepStrictEqual(await errorsOf(page), []);
  } finally {
    between.stop();
  }
});
