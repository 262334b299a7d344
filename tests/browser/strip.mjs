// SPDX-License-Identifier: Apache-2.0
// The machine-readable strip on top of the pattern source's pictures: 20 blocks, each a twentieth
// of the width: white, black, the sequence number's low 16 bits (most significant first), their
// even parity, white. The strip is a sixteenth of the height, and at least 16 pixels high.

// Returns the number, or -1 if there is no strip. `brightness(x, y)` is 0..255.
//
// Self-contained on purpose: the browser tests also send its source text into the page.
export function decodeStrip(width, height, brightness) {
  const blocks = [];
  const y = Math.floor(Math.max(16, Math.floor(height / 16)) / 2);
  for (let i = 0; i < 20; ++i) {
    blocks.push(brightness(Math.floor((i + 0.5) * width / 20), y) > 127 ? 1 : 0);
  }
  const bits = blocks.slice(2, 18);
  const parity = bits.reduce((sum, bit) => sum ^ bit, 0);
  const framed = blocks[0] === 1 && blocks[1] === 0 && blocks[18] === parity && blocks[19] === 1;
  return framed ? bits.reduce((number, bit) => number * 2 + bit, 0) : -1;
}

// The same from RGBA bytes, as pngjs and jpeg-js return them.
export function decodeImage({ width, height, data }) {
  return decodeStrip(width, height, (x, y) => data[(y * width + x) * 4 + 1]);
}
