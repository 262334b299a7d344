#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// segments_browser.mjs ORIGIN SECONDS: how long Chromium takes for an update, from the arrival of
// its last message until it is drawn, in the element of /viewer.js and on the server's page, and
// what that costs the main thread. Prints JSON, a list with an object for each. Needs the same
// packages as the browser tests; tools/test --all installs them.
import { setTimeout as pause } from 'node:timers/promises';

import { launchBrowser } from '../tests/browser/screen.mjs';

const [origin, seconds] = process.argv.slice(2);
const SETTLE_MS = 1000;  // code is compiled, and the canvas has its size

// Runs behind player.js, in the worker and in the window: notes when updates arrive, and when they
// are drawn. Reading a pixel back makes the canvas finish what it has only recorded.
function measure(owner) {
  const at = () => performance.timeOrigin + performance.now();
  let noted;
  const begin = () => { noted = { owner, arrived: [], drawn: [] }; };
  begin();
  let came;
  const { receive, pass } = Frames.prototype, { show } = Painter.prototype;
  Frames.prototype.receive = function (data) {
    came = at();
    return receive.call(this, data);
  };
  Frames.prototype.pass = function (head, blob) {
    if (head.update && blob) noted.arrived.push([head.sequence, came, blob.size]);
    return pass.call(this, head, blob);
  };
  Painter.prototype.show = function (head, blob, bitmap) {
    show.call(this, head, blob, bitmap);
    if (!head.update || !blob || !this.context) return;
    this.context.getImageData(0, 0, 1, 1);
    const end = at(), { width, height, segment_width: w, segment_height: h, runs } = head.update;
    const changed = runs.reduce((sum, [, count]) => sum + count, 0);
    const all = Math.ceil(width / w) * Math.ceil(height / h);
    noted.drawn.push([head.sequence, end, changed / all]);
  };
  const channel = new BroadcastChannel('measured');
  channel.onmessage = ({ data }) => {
    if (data === 'begin') begin();
    if (data === 'end') channel.postMessage(noted);
  };
}

// Runs in the window before its scripts: workers measure as well, and what the window itself
// decodes or draws is counted.
function prepare(measureText) {
  const RealBlob = window.Blob;
  window.Blob = function (parts, options) {
    const isScript = options && options.type === 'text/javascript';
    return new RealBlob(isScript ? [...parts, `\n(${measureText})('worker')`] : parts, options);
  };
  window.Blob.prototype = RealBlob.prototype;
  window.counts = { decoded: 0, drawn: 0 };
  const counted = (what, owner, name) => {
    const real = owner[name];
    owner[name] = function (...args) {
      ++window.counts[what];
      return real.apply(this, args);
    };
  };
  counted('decoded', window, 'createImageBitmap');
  counted('drawn', CanvasRenderingContext2D.prototype, 'drawImage');
}
// Resolves to what the worker and the window have noted in this time.
function collect(ms) {
  const channel = new BroadcastChannel('measured');
  channel.postMessage('begin');
  window.counts = { decoded: 0, drawn: 0 };
  return new Promise((done) => {
    const all = { arrived: [], drawn: [] };
    let answers = 0;
    channel.onmessage = ({ data }) => {
      all.arrived.push(...data.arrived);
      all.drawn.push(...data.drawn);
      if (data.owner === 'window') all.inWindow = data.drawn.length;
      if (++answers === window.sides) done({ ...all, counts: window.counts });
    };
    setTimeout(() => channel.postMessage('end'), ms);
  });
}

const PLACES = {
  '/viewer.js': {
    sides: 1, at: '/healthz',
    async play() {
      await import('/viewer.js');
      const element = document.createElement('fanlight-camera');
      element.src = '/';
      document.body.replaceChildren(element);
    },
    isPlaying: () => document.querySelector('fanlight-camera').figures.updates > 0,
  },
  'the page': {
    sides: 2, at: '/?transport=updates', play: `(${measure})('window')`,
    isPlaying: () => live.frames && live.frames.updates > 0,
  },
};

async function mainThread(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}
function judge({ arrived, drawn, inWindow = 0, counts }, before, after) {
  const ends = new Map(drawn.map(([sequence, end, share]) => [sequence, { end, share }]));
  const met = arrived.filter(([sequence]) => ends.has(sequence));
  const times = met.map(([sequence, came]) => ends.get(sequence).end - came).sort((a, b) => a - b);
  if (!times.length) throw new Error('no update was drawn');
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))];
  const spent = (name) => 1000 * (after[name] - before[name]) / times.length;
  return {
    updates: times.length, median_ms: at(0.5), p95_ms: at(0.95), worst_ms: at(1),
    bytes: mean(met.map(([, , size]) => size)),
    changed: mean(met.map(([sequence]) => ends.get(sequence).share)),
    window: { ...counts, shown: inWindow },
    task_ms: spent('TaskDuration'), script_ms: spent('ScriptDuration'),
  };
}

const browser = await launchBrowser('chromium');
const found = [];
for (const [name, { sides, at, play, isPlaying }] of Object.entries(PLACES)) {
  const page = await browser.newPage();
  await page.setViewport({ width: 1400, height: 1000 });
  await page.evaluateOnNewDocument(prepare, measure.toString());
  await page.goto(origin + at, { waitUntil: 'domcontentloaded' });
  await page.evaluate((count) => { window.sides = count; }, sides);
  await page.evaluate(play);
  await page.waitForFunction(isPlaying, { timeout: 20_000 });
  await pause(SETTLE_MS);
  const session = await page.createCDPSession();
  await session.send('Performance.enable');
  const before = await mainThread(session);
  const noted = await page.evaluate(collect, Number(seconds) * 1000);
  found.push({ name, ...judge(noted, before, await mainThread(session)) });
  await page.close();
}
await browser.close();
console.log(JSON.stringify(found));
