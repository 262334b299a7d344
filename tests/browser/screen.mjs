// SPDX-License-Identifier: Apache-2.0
// A headless browser and what can be seen on its screen.
import puppeteer from 'puppeteer-core';
import { PNG } from 'pngjs';

import { decodeImage, decodeStrip } from './strip.mjs';

const LAUNCH = {
  chromium: {
    executablePath: '/usr/bin/chromium',
    // Root may not have a sandbox. The rest keeps Chromium from talking to anybody else, and from
    // keeping the streams of pages that were left.
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
           '--disable-background-networking', '--disable-component-update',
           '--disable-features=BackForwardCache'],
  },
  firefox: { browser: 'firefox', executablePath: '/usr/bin/firefox-esr' },
};

export const launchBrowser = (name) => puppeteer.launch({ headless: true, ...LAUNCH[name] });

// Opens the server's own page. The <img> may hold the load event back for as long as it streams.
export async function openPage(browser, url) {
  const page = await browser.newPage();
  await page.goto(url, { waitUntil: 'domcontentloaded' });
  await page.waitForSelector('img');
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

// Notes, at each repaint, which picture the first <img> shows: from now on `window.sightings` is a
// list of [sequence number, Unix milliseconds]. (Firefox repeats the first picture for ever when
// the <img> itself is drawn to a canvas; an ImageBitmap is current in both.)
export async function noteSightings(page) {
  await page.evaluate((decodeSource) => {
    const decode = new Function(`return ${decodeSource}`)();
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d', { willReadFrequently: true });
    window.sightings = [];
    let last = -1;
    async function numberShown(image) {
      canvas.width = image.naturalWidth;
      canvas.height = Math.max(16, Math.floor(image.naturalHeight / 16));
      const strip = await createImageBitmap(image, 0, 0, canvas.width, canvas.height);
      context.drawImage(strip, 0, 0);
      strip.close();
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      return decode(canvas.width, image.naturalHeight,
                    (x, y) => data[(y * canvas.width + x) * 4 + 1]);
    }
    async function look() {
      const image = document.querySelector('img');
      // Rejected for as long as there is no picture to be had.
      const number = image.naturalWidth > 0 ? await numberShown(image).catch(() => -1) : -1;
      if (number >= 0 && number !== last) {
        window.sightings.push([number, performance.timeOrigin + performance.now()]);
        last = number;
      }
      requestAnimationFrame(look);
    }
    look();
  }, decodeStrip.toString());
}

export const readSightings = (page) => page.evaluate(() => window.sightings);

// Takes a picture of what the <img> shows; resolves to { number, png }.
export async function photograph(page) {
  const image = await page.$('img');
  const png = await image.screenshot();
  return { number: decodeImage(PNG.sync.read(Buffer.from(png))), png };
}
