#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// camera_controls_test.mjs BINARY chromium|firefox FOLDER: the camera's own controls on its page.
// The camera is scripted, in the format of docs/api.md; tests/vm sets the controls of real drivers.
import assert from 'node:assert';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import { startFanlight } from './fanlight.mjs';
import { startProxy } from './proxy.mjs';
import { launchBrowser, openPage } from './screen.mjs';

const [binary, browserName, folder] = process.argv.slice(2);
const DEADLINE_MS = 30_000;
const FLAGS = ['--source', 'pattern', '--size', '640x480', '--fps', '5'];
const integer = { type: 'integer', minimum: 0, maximum: 255, step: 1, active: true,
                  read_only: false };
const fresh = () => [
  { ...integer, name: 'brightness', value: 100, default: 128 },
  { ...integer, name: 'focus', value: 10, default: 10, active: false },
  { ...integer, name: 'temperature', value: 40, default: 40, read_only: true },
  { ...integer, name: 'exposure', value: 5, default: 5, maximum: 9_000_000 },
  { name: 'mirror', type: 'boolean', value: false, default: false, active: true, read_only: false },
  { name: 'mains', type: 'menu', value: 1, default: 1, active: true, read_only: false,
    items: [{ value: 1, text: '50 Hz' }, { value: 2, text: '60 Hz' }] },
];

let browser;
let server;
let between;
let camera;  // its controls
let wishes;  // bodies of PATCH
before(async () => {
  fs.mkdirSync(folder, { recursive: true });
  browser = await launchBrowser(browserName);
});
after(() => browser?.close());
afterEach(async () => {
  for (const page of (await browser.pages()).slice(1)) await page.close();
  between?.stop();
  await server?.stop();
});

// Accepts no brightness above 200, and no mirror at all.
function answer(method, asked, body) {
  if (!asked.endsWith('/controls') && asked !== '/controls') return undefined;
  if (method === 'PATCH') {
    const wish = JSON.parse(body);
    wishes.push(wish);
    if ('mirror' in wish) return [409, 'text/plain', '409 Conflict: mirror: device busy\n'];
    for (const [name, value] of Object.entries(wish)) {
      const row = camera.find((one) => one.name === name);
      row.value = value === null ? row.default : Math.min(value, 200);
    }
  }
  return [200, 'application/json', JSON.stringify({ controls: camera })];
}
async function open(flags = ['--allow-control']) {
  [camera, wishes] = [fresh(), []];
  server = await startFanlight(binary, 0, [...FLAGS, ...flags]);
  between = await startProxy(server.origin, '/', { answer });
  return openPage(browser, `${between.url}cameras/camera`);
}
async function openControls() {
  const page = await open();
  await page.waitForSelector('#control-mains', { timeout: DEADLINE_MS });
  await page.click('#controls summary');
  return page;
}
// The picture stays in view above the controls; an element to click must not be covered by it.
async function click(page, selector) {
  await page.$eval(selector, (node) => node.scrollIntoView({ block: 'center' }));
  await page.click(selector);
}
const shows = (page, selector, property, value) => page.waitForFunction(
  (where, key, expected) => document.querySelector(where)[key] === expected,
  { timeout: DEADLINE_MS }, selector, property, value);

test('each control matches its type, and read-only ones are disabled', async () => {
  const page = await openControls();
  const kinds = await page.$$eval('.control', (rows) => rows.map((row) => {
    const input = row.querySelector('input, select');
    return [row.querySelector('label').textContent, input.getAttribute('role') ?? input.type,
            input.type === 'checkbox' ? input.checked : +input.value, input.disabled,
            row.querySelector('button').disabled];
  }));
  assert.deepStrictEqual(kinds, [
    ['Brightness', 'range', 100, false, false], ['Focus', 'range', 10, true, true],
    ['Temperature', 'range', 40, true, true], ['Exposure', 'number', 5, false, true],
    ['Mirror', 'switch', false, false, true], ['Mains', 'select-one', 1, false, true]]);
  assert.deepStrictEqual(
    await page.$$eval('.control small', (all) => all.map((node) => node.textContent)),
    ['', 'not in use: another control decides', 'can only be read', '', '', '']);
  await page.screenshot({ path: path.join(folder, `${browserName}-camera-controls.png`),
                          fullPage: true });
});

test('the keyboard moves a slider, and the value set by the camera is shown', async () => {
  const page = await openControls();
  await page.focus('#control-brightness');
  await page.keyboard.press('ArrowRight');
  await shows(page, '#control-brightness + output', 'textContent', '101');
  await page.keyboard.press('End');
  await shows(page, '#control-brightness', 'value', '200');
  await shows(page, '#control-brightness + output', 'textContent', '200');
  assert.strictEqual(wishes.at(-1).brightness, 255);
  assert.strictEqual(await page.$eval('#state', (state) => state.textContent), 'Live');
});

test('reset restores the default of one control and of all', async () => {
  const page = await openControls();
  await click(page, '[aria-label="Reset Brightness"]');
  await shows(page, '#control-brightness', 'value', '128');
  assert.deepStrictEqual(wishes, [{ brightness: null }]);
  await page.select('#control-mains', '2');
  await shows(page, '[aria-label="Reset Mains"]', 'disabled', false);
  assert.deepStrictEqual(wishes.at(-1), { mains: 2 });
  await click(page, '#controls-reset');
  await shows(page, '#control-mains', 'value', '1');
  await shows(page, '#controls-reset', 'disabled', true);
});

test('a refusal is shown, and the control is unchanged', async () => {
  const page = await openControls();
  await click(page, '#control-mirror');
  await shows(page, '#controls-error', 'textContent', 'Not changed: mirror: device busy');
  await shows(page, '#control-mirror', 'checked', false);
});

test('without --allow-control there are no controls', async () => {
  const page = await open([]);
  await page.waitForFunction(() => document.getElementById('state').textContent === 'Live',
                             { timeout: DEADLINE_MS });
  assert.strictEqual(await page.$('#controls'), null);
  assert.ok(!between.requested.some((asked) => asked.includes('controls')));
});
