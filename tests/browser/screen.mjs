// SPDX-License-Identifier: Apache-2.0
// A headless browser and what is visible on its screen.
import puppeteer from 'puppeteer-core';
import { PNG } from 'pngjs';

import { decodeImage, decodeStrip } from './strip.mjs';

const LAUNCH = {
  chromium: {
    executablePath: '/usr/bin/chromium',
    // Root may not use a sandbox. The other flags keep Chromium from contacting other hosts, and
    // from keeping the streams of pages that were left.
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
           '--disable-background-networking', '--disable-component-update',
           '--disable-features=BackForwardCache'],
  },
  firefox: { browser: 'firefox', executablePath: '/usr/bin/firefox-esr' },
};

export const launchBrowser = (name) => puppeteer.launch({ headless: true, ...LAUNCH[name] });

// A setting for all pages; WebDriver BiDi, which drives Firefox, has none for a single page.
export const launchWithoutJavaScript = (name) => puppeteer.launch({
  headless: true, ...LAUNCH[name],
  args: [...(LAUNCH[name].args ?? []),
         ...(name === 'chromium' ? ['--blink-settings=scriptEnabled=false'] : [])],
  extraPrefsFirefox: { 'javascript.enabled': false },
});

// Opens one of the server's own pages. The <img> may delay the load event for as long as it
// streams. `page.complaints` lists the page's errors: exceptions, violations of its policy, and
// errors in the console. `prepare` runs in the page, before its own scripts.
export async function openPage(browser, url, viewport = { width: 1200, height: 900 },
                               prepare = () => {}) {
  const page = await browser.newPage();
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') page.complaints.push(message.text());
  });
  await page.evaluateOnNewDocument(() => {
    document.addEventListener('securitypolicyviolation',
                              (event) => console.error(`forbidden: ${event.violatedDirective}`));
  });
  await page.evaluateOnNewDocument(prepare);
  await page.setViewport(viewport);
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  await page.waitForSelector('img, canvas');
  return page;
}

// Opens a page with nothing but an <img> that shows `path`, on the same origin.
export async function openImage(browser, origin, path) {
  const page = await browser.newPage();
  await page.goto(`${origin}/healthz`, { waitUntil: 'domcontentloaded' });
  await page.evaluate((src) => {
    const image = document.createElement('img');
    image.src = src;
    document.body.replaceChildren(image);
  }, path);
  return page;
}

// Runs in the page. Records, at each repaint, which picture each <img> or <canvas> shows.
//
// (Firefox repeats the first picture forever when the <img> itself is drawn to a canvas; an
// ImageBitmap is current in both.)
function watchPictures(decode) {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  window.sightings = [];
  const last = new Map();
  async function numberShown(picture) {
    canvas.width = picture.naturalWidth || picture.width;
    const height = picture.naturalHeight || picture.height;
    canvas.height = Math.max(16, Math.floor(height / 16));
    const strip = await createImageBitmap(picture, 0, 0, canvas.width, canvas.height);
    context.drawImage(strip, 0, 0);
    strip.close();
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return decode(canvas.width, height, (x, y) => data[(y * canvas.width + x) * 4 + 1]);
  }
  async function look() {
    for (const picture of document.querySelectorAll('img, canvas')) {
      if (picture.hidden || picture.naturalWidth === 0) continue;
      // Rejected while there is no picture.
      const number = await numberShown(picture).catch(() => -1);
      if (number < 0 || number === last.get(picture)) continue;
      const tile = picture.closest('[data-name]');
      const seen = performance.timeOrigin + performance.now();
      window.sightings.push([number, seen, tile ? tile.dataset.name : '']);
      last.set(picture, number);
    }
    requestAnimationFrame(look);
  }
  look();
}

// From now on `window.sightings` is a list of [sequence number, Unix milliseconds, name of the
// tile]. Sent as text, because the pages' policy forbids compiling text into functions.
export const noteSightings = (page) => page.evaluate(`(${watchPictures})(${decodeStrip})`);

export const readSightings = (page) => page.evaluate(() => window.sightings);

// Takes a screenshot of the <img>; resolves to { number, png }.
export async function photograph(page) {
  const image = await page.$('img');
  const png = await image.screenshot();
  return { number: decodeImage(PNG.sync.read(Buffer.from(png))), png };
}
