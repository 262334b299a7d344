#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// player_test.mjs BINARY chromium|firefox FOLDER: the player of player.js by itself, and the
// server's pages with scripted updates, in a worker and without. Screenshots are saved in FOLDER.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import { PNG } from 'pngjs';

import { startFanlight } from './fanlight.mjs';
import { startProxy } from './proxy.mjs';
import { launchBrowser, openPage } from './screen.mjs';
import { GRID, Links, SEGMENTS, colourOf, middleOf, picture, update, whole }
  from './stand_in.mjs';

const [binary, browserName, folder] = process.argv.slice(2);
const DEADLINE_MS = 30_000;
const PLAYER = new URL('../../http/page/player.js', import.meta.url).pathname;
const [FIRST, SECOND] = [0, 1].map((version) => picture(Array(SEGMENTS).fill(version)));

let browser;
let server;
let between;
before(async () => {
  fs.mkdirSync(folder, { recursive: true });
  browser = await launchBrowser(browserName);
  server = await startFanlight(binary, 0, [
    '--camera', 'front=pattern,size=640x480,fps=5', '--camera', 'back=pattern,size=640x480,fps=5']);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
afterEach(async () => {
  for (const page of (await browser.pages()).slice(1)) await page.close();
  between?.stop();
  between = undefined;
});

async function openPlayer() {
  const page = await browser.newPage();
  await page.addScriptTag({ path: PLAYER });
  return page;
}

test('rectangles are whole, adjacent segments together, and in their order', async () => {
  const page = await openPlayer();
  const plan = await page.evaluate((grid) => planUpdate(
    { ...grid, atlas_columns: 3, runs: [[0, 1], [2, 3], [23, 1]] }), GRID);
  assert.deepStrictEqual(plan, { width: 192, height: 32, rectangles: [
    [0, 0, 0, 0, 64], [64, 0, 128, 0, 64], [128, 0, 0, 16, 64], [0, 16, 64, 16, 64],
    [64, 16, 128, 112, 64]] });
  const nothing = await page.evaluate((grid) => planUpdate(
    { ...grid, atlas_columns: 1, runs: [] }).rectangles, GRID);
  assert.deepStrictEqual(nothing, []);
});

test('an update that contradicts itself is refused', async () => {
  const page = await openPlayer();
  const good = { ...GRID, atlas_columns: 2, runs: [[0, 2], [4, 1]] };
  const wrong = [
    { runs: null }, { runs: {} }, { runs: [0] }, { runs: [null] }, { runs: [[]] },
    { runs: [[0]] }, { runs: [[0, 0]] }, { runs: [[-1, 2]] }, { runs: [[0.5, 1]] },
    { runs: [['0', 1]] }, { runs: [[0, 25]] }, { runs: [[24, 1]] }, { runs: [[0, 2], [1, 1]] },
    { runs: [[4, 1], [0, 1]] }, { width: 0 }, { height: -1 }, { segment_width: 0 },
    { segment_height: 1.5 }, { atlas_columns: 0 }, { atlas_columns: 70000 }, { width: '184' },
    { width: 60000, height: 60000, segment_width: 1, segment_height: 1 }];
  const plans = await page.evaluate((one, others) => [one, ...others].map(
    (other) => planUpdate({ ...one, ...other }) === null), good, wrong);
  assert.deepStrictEqual(plans, [false, ...wrong.map(() => true)]);
});

// Runs in the page: a painter whose pictures are decoded when `decoded` is called, and what it
// reports.
function makePainter(grid) {
  window.decodings = [];
  window.createImageBitmap = () => new Promise((done) => { window.decodings.push(done); });
  window.decoded = async (width = grid.width, height = grid.height) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    canvas.getContext('2d').fillRect(0, 0, width, height);
    canvas.close = () => {};
    window.decodings.shift()(canvas);
    await new Promise((done) => { setTimeout(done); });
  };
  window.reports = [];
  window.painter = new Painter(document.createElement('canvas'),
                               (head) => window.reports.push(head.sequence),
                               () => window.reports.push('broken'));
  window.takeWhole = (sequence) => { painter.take({ sequence }, new Blob(['x'])); };
  window.takeUpdate = (base, sequence, other) => {
    painter.take({ sequence, update: { base, ...grid, atlas_columns: 1, runs: [[3, 2]],
                                       ...other } }, new Blob(['x']));
  };
}
async function paint(script) {
  const page = await openPlayer();
  await page.evaluate(makePainter, GRID);
  return page.evaluate(script);
}

test('while one is decoded, whole frames replace what waits', async () => {
  assert.deepStrictEqual(await paint(async () => {
    takeWhole(1);
    takeUpdate(1, 2);
    takeWhole(3);
    takeWhole(4);
    takeWhole(4);  // a repeat
    await decoded();
    await decoded();
    return [window.reports, window.decodings.length];
  }), [[1, 4], 0]);
});

test('updates are not skipped, as many as may come at once', async () => {
  const [shown, late] = await paint(async () => {
    takeWhole(1);
    for (let base = 1; base < 65; ++base) takeUpdate(base, base + 1);
    await decoded();
    for (let i = 0; i < 64; ++i) await decoded(64, 32);
    const all = window.reports.splice(0);
    for (let base = 65; base < 131; ++base) takeUpdate(base, base + 1);
    await decoded(64, 32);
    return [all, window.reports];
  });
  assert.deepStrictEqual(shown, Array.from({ length: 65 }, (_, i) => i + 1));
  assert.deepStrictEqual(late, ['broken']);
});

test('when eight wait for longer than half a second, none of them is shown', async () => {
  assert.deepStrictEqual(await paint(async () => {
    let clock = 1000;
    performance.now = () => clock;
    takeWhole(1);
    for (let base = 1; base < 9; ++base) takeUpdate(base, base + 1);
    clock += 500;
    takeUpdate(9, 10);
    const before = window.reports.splice(0);
    clock += 1;
    takeUpdate(10, 11);
    await decoded();
    return [before, window.reports, window.decodings.length];
  }), [[], ['broken'], 0]);
});

test('a canvas that was lost is begun anew', async () => {
  assert.deepStrictEqual(await paint(async () => {
    takeWhole(1);
    await decoded();
    painter.canvas.dispatchEvent(new Event('contextrestored'));
    takeUpdate(1, 2);
    await decoded(64, 32);
    return window.reports;
  }), [1, 'broken', 'broken']);
});

// Messages that make no sense end the connection; those that miss their picture, the next update.
test('a frame without its picture, and a picture without its frame', async () => {
  const page = await openPlayer();
  const passed = await page.evaluate(() => {
    window.WebSocket = class { close() {} };
    const all = [];
    const frames = new Frames(
      'http://camera/ws', (head, blob) => all.push([head.sequence, blob && blob.size]),
      () => all.push('end'));
    const say = (data) => frames.socket.onmessage && frames.socket.onmessage({ data });
    say(new Blob(['stray']));
    say('{"sequence":1}');
    say('{"sequence":2}');
    say(new Blob(['two']));
    say(new Blob(['stray']));
    say('{"sequence":3,"update":{"runs":[]}}');
    say(new Blob(['stray']));
    say('{"sequence":4,"update":7}');
    say(new Blob(['four']));
    say('null');
    say('{"sequence":5}');
    return all;
  });
  assert.deepStrictEqual(passed, [[2, 3], [3, null], [4, 4], 'end']);
});

test('an update of another base, size or atlas is refused', async () => {
  const outcomes = await paint(async () => {
    const results = [];
    for (const [base, other, width, height] of [
      [1, {}, 64, 32], [2, {}, 64, 32], [undefined, {}, 64, 32], [1, { width: 185 }, 64, 32],
      [1, { height: 119 }, 64, 32], [1, {}, 64, 16], [1, {}, 128, 32],
      [1, { runs: [[24, 1]] }, 64, 16]]) {
      painter.reset();
      takeWhole(1);
      await decoded();
      takeUpdate(base, 2, other);
      await decoded(width, height);
      results.push(window.reports.splice(0).join());
    }
    return results;
  });
  assert.deepStrictEqual(outcomes, ['1,2', ...Array(7).fill('1,broken')]);
});

test('after a reset, what was being decoded is not shown', async () => {
  assert.deepStrictEqual(await paint(async () => {
    takeWhole(1);
    painter.reset();
    takeWhole(1);
    await decoded();
    await decoded();
    return window.reports;
  }), [1]);
});

// ---- the pages ----

// Runs in the page: counts what its window starts and does.
function count() {
  window.counts = { workers: 0, decoded: 0, drawn: 0 };
  const counted = (owner, name, count) => {
    const real = owner[name];
    owner[name] = function (...args) {
      window.counts[name === 'drawImage' ? 'drawn' : 'decoded'] += count(this) ? 1 : 0;
      return real.apply(this, args);
    };
  };
  counted(window, 'createImageBitmap', () => true);
  // The tests draw as well, on canvases of their own.
  counted(CanvasRenderingContext2D.prototype, 'drawImage', ({ canvas }) => canvas.isConnected);
  const RealWorker = window.Worker;
  window.Worker = class extends RealWorker {
    constructor(url) {
      super(url);
      ++window.counts.workers;
    }
  };
}
const countsOf = (page) => page.evaluate(() => window.counts);

async function open(at, links, { prefix = '/', policy, prepare = count } = {}) {
  between = await startProxy(server.origin, prefix, { links, policy });
  return openPage(browser, between.url + at, undefined, prepare);
}
// Waits until the canvas has segment i of version shown[i].
const shows = (page, selector, shown) => page.waitForFunction(
  (where, spots) => {
    const canvas = document.querySelector(where);
    if (canvas.hidden) return false;
    const copy = Object.assign(document.createElement('canvas'),
                               { width: canvas.width, height: canvas.height });
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    return spots.every(([x, y, colour]) => colour.every(
      (value, i) => Math.abs(context.getImageData(x, y, 1, 1).data[i] - value) <= 12));
  }, { timeout: DEADLINE_MS }, selector,
  shown.map((version, i) => [...middleOf(i), colourOf(i, version)]));
const mixed = Array.from({ length: SEGMENTS }, (_, i) => i >= 4 && i < 8 ? 1 : 0);

// Runs in the page: what it saves goes to window.saved, a list of [type, width, height, RGBA].
function keepSaved() {
  HTMLAnchorElement.prototype.click = () => {};
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    createImageBitmap(blob).then((bitmap) => {
      const { width, height } = bitmap;
      const context = Object.assign(document.createElement('canvas'), { width, height })
        .getContext('2d');
      context.drawImage(bitmap, 0, 0);
      window.saved.push([blob.type, width, height,
                         [...context.getImageData(0, 0, width, height).data]]);
    });
    return make(blob);
  };
}
// Both saved pictures have the segments of `shown`.
async function savesTwice(page, shown) {
  await page.evaluate(() => {
    window.saved = [];
    for (const button of [$('save'), $('save')]) button.click();
  });
  await page.waitForFunction(() => window.saved.length === 2, { timeout: DEADLINE_MS });
  for (const [type, width, height, data] of await page.evaluate(() => window.saved)) {
    assert.deepStrictEqual([type, width, height], ['image/jpeg', GRID.width, GRID.height]);
    for (const [segment, version] of shown.entries()) {
      const [x, y] = middleOf(segment);
      colourOf(segment, version).forEach((value, i) => assert.ok(
        Math.abs(value - data[(y * width + x) * 4 + i]) <= 16, `segment ${segment}`));
    }
  }
}

for (const [where, inWorker, options] of [
  ['in a worker', true, { prefix: '/webcam/' }],
  ['in the window, where there are no workers', false,
   { prepare: `(${count})(); delete window.Worker;` }],
  ['in the window, where no worker can draw', false,
   { prepare: `(${count})(); delete HTMLCanvasElement.prototype.transferControlToOffscreen;` }],
  ['in the window, where the policy forbids workers', false, { policy: "worker-src 'none'" }],
]) {
  test(`the page plays updates, says what they spare, saves the picture, ${where}`, async () => {
    const links = new Links();
    const page = await open('', links, options);
    const link = await links.next();
    assert.match(link.path, /\/ws\?segments=1$/);
    link.send(whole(FIRST, 1));
    link.send(update(SECOND, 1, 2, [[4, 4]]));
    await shows(page, '#canvas', mixed);
    await page.waitForFunction(
      () => /updates: 1\/\d\S* of the bytes/.test(document.getElementById('facts').textContent),
      { timeout: DEADLINE_MS });
    const { workers, decoded, drawn } = await countsOf(page);
    if (inWorker) {
      assert.deepStrictEqual([workers, decoded, drawn], [1, 0, 0]);
      await page.screenshot({ path: path.join(folder, `${browserName}-page-updates.png`) });
    } else {
      assert.ok(decoded >= 2 && drawn >= 2, `${decoded} decoded, ${drawn} drawn`);
    }
    await page.evaluate(keepSaved);
    await savesTwice(page, mixed);
    // One that does not fit: a new connection, and no word of trouble that stays.
    link.send(update(FIRST, 1, 3, [[4, 4]]));
    await link.closed;
    const next = await links.next();
    next.send(whole(SECOND, 4));
    await shows(page, '#canvas', mixed.map(() => 1));
    await savesTwice(page, mixed.map(() => 1));
    const others = page.complaints.filter(
      (text) => !options.policy || !/worker-src|Worker/.test(text));
    assert.deepStrictEqual(others, []);
  });
}

// The canvas is hidden until there is a picture, and no second one follows.
test('a picture that comes alone is on the screen', async () => {
  const links = new Links();
  const page = await open('', links);
  (await links.next()).send(whole(FIRST, 1));
  const deadline = Date.now() + DEADLINE_MS;
  const canvas = await page.waitForSelector('#canvas:not([hidden])', { timeout: DEADLINE_MS });
  for (;;) {
    const { width, height, data } = PNG.sync.read(Buffer.from(await canvas.screenshot()));
    const scale = Math.min(width / GRID.width, height / GRID.height);
    const [left, top] = [(width - scale * GRID.width) / 2, (height - scale * GRID.height) / 2];
    const wrong = Array.from({ length: SEGMENTS }).findIndex((_, segment) => {
      const [x, y] = middleOf(segment).map((at) => at * scale);
      const at = Math.floor(top + y) * width + Math.floor(left + x);
      return colourOf(segment, 0).some((value, i) => Math.abs(value - data[at * 4 + i]) > 12);
    });
    if (wrong < 0) break;
    assert.ok(Date.now() < deadline, `segment ${wrong} is not on the screen`);
  }
});

// Decoders smooth the colours of segments that are side by side only in the atlas.
test('the ends of a run keep their colour', async () => {
  const links = new Links();
  const page = await open('', links);
  const link = await links.next();
  link.send(whole(FIRST, 1));
  const changed = [7, 10, 19];
  link.send(update(SECOND, 1, 2, changed.map((segment) => [segment, 1]), changed.length));
  await shows(page, '#canvas', mixed.map((_, i) => changed.includes(i) ? 1 : 0));
  const ends = await page.evaluate((spots) => {
    const { width, height } = canvas;
    const context = Object.assign(document.createElement('canvas'), { width, height })
      .getContext('2d');
    context.drawImage(canvas, 0, 0);
    return spots.map(([x, y]) => [x - 32, x + 31].map(
      (end) => [...context.getImageData(end, y, 1, 1).data].slice(0, 3)));
  }, changed.map(middleOf));
  for (const [i, segment] of changed.entries()) {
    for (const end of ends[i]) {
      colourOf(segment, 1).forEach((value, channel) => assert.ok(
        Math.abs(value - end[channel]) <= 12, `${segment}: ${end}, not ${colourOf(segment, 1)}`));
    }
  }
});

test('the page of all cameras plays the updates of each', async () => {
  const links = new Links();
  const page = await open('cameras', links);
  const link = await links.next();
  assert.match(link.path, /^\/ws\?cameras=front,back&fps=15&segments=1$/);
  const back = ([head, jpeg]) => [{ ...head, camera: 'back' }, jpeg];
  link.send(whole(FIRST, 1));
  link.send(back(whole(SECOND, 7)));
  link.send(update(SECOND, 1, 2, [[4, 4]]));
  link.send(back(update(SECOND, 7, 8, [])));
  link.send(back(update(FIRST, 8, 9, [[0, SEGMENTS]])));
  await shows(page, '[data-name=front] canvas', mixed);
  await shows(page, '[data-name=back] canvas', mixed.map(() => 0));
  assert.deepStrictEqual(await countsOf(page), { workers: 1, decoded: 0, drawn: 0 });
  assert.deepStrictEqual(page.complaints, []);
});

test('?transport=ws asks for whole frames', async () => {
  const links = new Links();
  await open('?transport=ws', links);
  assert.strictEqual((await links.next()).path, '/ws');
});
