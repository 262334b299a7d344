#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// pixels.mjs BINARY [chromium|firefox] [SECONDS]: measures the time from the pattern's capture to
// the browser's screen, on one machine, at 30 pictures a second. Needs the same packages as the
// browser tests; tools/test --all installs them.
import { setTimeout as pause } from 'node:timers/promises';

import { startFanlight, watchCaptures } from '../tests/browser/fanlight.mjs';
import { launchBrowser, noteSightings, openPage, readSightings } from '../tests/browser/screen.mjs';

const [binary, browserName = 'chromium', seconds = '10'] = process.argv.slice(2);
const FLAGS = ['--source', 'pattern', '--fps', '30', '--size', '640x480'];

const server = await startFanlight(binary, 0, FLAGS);
const stopped = new AbortController();
const captures = watchCaptures(server.origin, stopped.signal);
const browser = await launchBrowser(browserName);
const page = await openPage(browser, `${server.origin}/`);
await noteSightings(page);
await pause(Number(seconds) * 1000);
const sightings = (await readSightings(page)).slice(1);
stopped.abort();
await browser.close();
await server.stop();

const lags = sightings.filter(([n]) => captures.has(n)).map(([n, seen]) => seen - captures.get(n))
    .sort((a, b) => a - b);
const at = (share) => lags[Math.min(lags.length - 1, Math.floor(share * lags.length))]?.toFixed(1);
console.log(`${browserName}: ${lags.length} pictures seen in ${seconds} s, capture to screen ` +
            `median ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${at(1)} ms`);
