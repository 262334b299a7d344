#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// login_test.mjs BINARY chromium|firefox FOLDER: the pages of a server with --auth-file, with what
// a viewer enters in the browser's own dialogue, and the element on another site's page with a
// signed link. Screenshots are saved in FOLDER.
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { startFanlight } from './fanlight.mjs';
import { launchBrowser } from './screen.mjs';
import { startStandIn } from './stand_in.mjs';

const [binary, browserName, folder] = process.argv.slice(2);
const DEADLINE_MS = 30_000;
const PASSWORD = 'correct horse';
const KEY = '0123456789abcdef0123456789abcdef';

let browser;
let server;
let files;
let site;  // another one
before(async () => {
  fs.mkdirSync(folder, { recursive: true });
  files = fs.mkdtempSync(path.join(os.tmpdir(), 'fanlight-login-'));
  const [users, key] = ['users', 'link.key'].map((name) => path.join(files, name));
  execFileSync(binary, ['passwd', users, 'anna'], { input: `${PASSWORD}\n` });
  execFileSync(binary, ['passwd', users, 'guest', 'snapshot'], { input: `${PASSWORD}\n` });
  fs.writeFileSync(key, `${KEY}\n`, { mode: 0o600 });
  browser = await launchBrowser(browserName);
  server = await startFanlight(binary, 0, ['--source', 'pattern', '--fps', '5', '--size', '640x480',
                                           '--auth-file', users, '--link-key', key,
                                           '--auth-loopback', '--cors-origin', '*']);
  server.signed = (camera) => execFileSync(
    binary, ['sign', key, camera, '1h', 'any', `${server.origin}/cameras/${camera}`],
    { encoding: 'utf8' }).trim();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  fs.rmSync(files, { recursive: true });
});
// Each test is another viewer: a browser remembers what was entered.
let viewer;
beforeEach(async () => { viewer = await browser.createBrowserContext(); });
afterEach(async () => {
  await viewer.close();
  site?.stop();
  site = undefined;
});

// As if the viewer had entered these; null: the dialogue was left.
async function open(credentials, where = '/') {
  const page = await viewer.newPage();
  await page.setViewport({ width: 800, height: 600 });
  if (credentials !== null) await page.authenticate(credentials);
  const response = await page.goto(server.origin + where, { waitUntil: 'domcontentloaded' });
  return [page, response];
}

test('the page plays for a user, by its WebSocket', async () => {
  const [page, response] = await open({ username: 'anna', password: PASSWORD });
  assert.equal(response.status(), 200);
  // A picture is drawn. Updates come by the WebSocket only.
  await page.waitForFunction(() => {
    const picture = document.querySelector('main canvas:not([hidden]), main img:not([hidden])');
    return (picture?.naturalWidth || picture?.width) === 640 &&
      /640\u00d7480 .* updates:/.test(document.getElementById('facts').textContent);
  }, { timeout: DEADLINE_MS });
  await page.screenshot({ path: path.join(folder, `login-${browserName}.png`) });
});

test('without a right there is a page that says so, and no picture', async () => {
  const [page, response] = await open({ username: 'guest', password: PASSWORD });
  assert.equal(response.status(), 403);
  assert.match(await page.evaluate(() => document.body.innerText), /403/);
  assert.equal(await page.$('canvas, img'), null);
  await page.screenshot({ path: path.join(folder, `login-no-right-${browserName}.png`) });
});

test('whoever leaves the dialogue sees why there is nothing', async () => {
  const response = await fetch(`${server.origin}/`, { headers: { Accept: 'text/html' } });
  assert.equal(response.status, 401);
  assert.match(response.headers.get('www-authenticate'), /^Basic realm=/);
  const page = await viewer.newPage();
  await page.setContent(await response.text());
  assert.match(await page.evaluate(() => document.body.innerText), /401/);
});

test("the element on another site's page plays a signed link, and no unsigned one", async () => {
  site = await startStandIn();
  const element = (source) => `<fanlight-camera src="${source.replaceAll('&', '&amp;')}"
    style="display: block; width: 320px; height: 240px"></fanlight-camera>`;
  site.page.text = `<!doctype html><title>Home</title><link rel="icon" href="data:,">
    <script type="module" src="${server.origin}/viewer.js"></script>
    ${element(server.signed('camera'))} ${element(`${server.origin}/cameras/camera`)}`;
  const page = await viewer.newPage();
  await page.goto(`${site.origin}/`, { waitUntil: 'domcontentloaded' });
  await page.waitForFunction(() => document.querySelector('fanlight-camera').figures.frames > 10,
                             { timeout: DEADLINE_MS });
  const [state, frames] = await page.$eval('fanlight-camera:last-of-type',
                                           (unsigned) => [unsigned.state, unsigned.figures.frames]);
  assert.notEqual(state, 'live');
  assert.equal(frames, undefined);
  await page.screenshot({ path: path.join(folder, `login-element-${browserName}.png`) });
});
