// SPDX-License-Identifier: Apache-2.0
// A camera whose every message a test decides: pictures of coloured segments, the updates that
// docs/api.md describes, cut out of them, and the server's end of a WebSocket.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';

// Three columns of 64 pixels and eight rows of 16, cut off at the right and below.
export const GRID = { width: 184, height: 120, segment_width: 64, segment_height: 16 };
const [COLUMNS, ROWS] = [3, 8];
export const SEGMENTS = COLUMNS * ROWS;
const MCUS = 4;  // in a segment

// Differs between neighbours and between a segment's versions.
export function colourOf(segment, version) {
  const number = (segment * 5 + version * 11) % 27;
  return [number % 3, Math.floor(number / 3) % 3, Math.floor(number / 9)].map((i) => 40 + 80 * i);
}
// The middle of a segment's visible part.
export function middleOf(segment) {
  const left = (segment % COLUMNS) * 64;
  const top = Math.floor(segment / COLUMNS) * 16;
  return [Math.floor((left + Math.min(left + 64, GRID.width)) / 2),
          Math.floor((top + Math.min(top + 16, GRID.height)) / 2)];
}

// A JPEG in which segment i has version versions[i], with a restart marker after each.
export function picture(versions) {
  const pixels = Buffer.alloc(GRID.width * GRID.height * 3);
  for (let y = 0, at = 0; y < GRID.height; ++y) {
    for (let x = 0; x < GRID.width; ++x) {
      const segment = Math.floor(y / 16) * COLUMNS + Math.floor(x / 64);
      for (const value of colourOf(segment, versions[segment])) pixels[at++] = value;
    }
  }
  const ppm = Buffer.concat([Buffer.from(`P6 ${GRID.width} ${GRID.height} 255\n`), pixels]);
  const { stdout, error, status } = spawnSync(
    'cjpeg', ['-restart', `${MCUS}B`, '-quality', '90'], { input: ppm });
  if (error || status !== 0) throw error ?? new Error(`cjpeg: ${status}`);
  return stdout;
}

// The head of a JPEG, up to its first segment, and the segments' bytes (ITU-T T.81 annex B).
function cut(jpeg) {
  let at = 2;
  let frameHeader;
  for (let isScan = false; !isScan; at += 2 + jpeg.readUInt16BE(at + 2)) {
    if (jpeg[at + 1] === 0xc0) frameHeader = at;
    isScan = jpeg[at + 1] === 0xda;
  }
  const segments = [];
  for (let begin = at, i = at; i < jpeg.length - 1; ++i) {
    const isEnd = jpeg[i] === 0xff && jpeg[i + 1] >= 0xd0 && jpeg[i + 1] <= 0xd9;
    if (!isEnd) continue;
    segments.push(jpeg.subarray(begin, i));
    begin = i + 2;
  }
  return { head: jpeg.subarray(0, at), frameHeader, segments };
}

// A JPEG of some segments, `columns` to a row; the last is repeated to fill the last row.
function atlas(jpeg, numbers, columns) {
  const { head, frameHeader, segments } = cut(jpeg);
  const rows = Math.ceil(numbers.length / columns);
  const copy = Buffer.from(head);
  copy.writeUInt16BE(rows * GRID.segment_height, frameHeader + 5);
  copy.writeUInt16BE(columns * GRID.segment_width, frameHeader + 7);
  const parts = [copy];
  for (let i = 0; i < rows * columns; ++i) {
    const isLast = i === rows * columns - 1;
    parts.push(segments[numbers[Math.min(i, numbers.length - 1)]],
               Buffer.from([0xff, isLast ? 0xd9 : 0xd0 + i % 8]));
  }
  return Buffer.concat(parts);
}

// The update to a picture: [its text message, its atlas].
export function update(jpeg, base, sequence, runs, columns = 2) {
  const numbers = runs.flatMap(([first, count]) => Array.from({ length: count },
                                                              (_, i) => first + i));
  const head = { camera: 'front', sequence, timestamp: 1700000000 + sequence,
                 update: { base, ...GRID, atlas_columns: columns, runs } };
  return [head, numbers.length ? atlas(jpeg, numbers, columns) : null];
}
export const whole = (jpeg, sequence, slate) => [
  { camera: 'front', sequence, timestamp: 1700000000 + sequence, ...(slate && { slate }) }, jpeg];

// The server's end of a WebSocket (RFC 6455).
class Link {
  constructor(request, socket) {
    Object.assign(this, { path: request.url, origin: request.headers.origin, socket });
    this.closed = once(socket, 'close');
    socket.on('error', () => {});
    socket.on('data', () => socket.end());  // a client sends nothing but its close
    const key = createHash('sha1').update(
      `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade' +
                 `\r\nSec-WebSocket-Accept: ${key.digest('base64')}\r\n\r\n`);
  }
  message(opcode, bytes) {
    const head = Buffer.from([0x80 | opcode, 126, bytes.length >> 8, bytes.length & 0xff]);
    this.socket.write(Buffer.concat([bytes.length < 126 ? Buffer.from([0x80 | opcode, bytes.length])
      : head, bytes]));
  }
  text(text) { this.message(1, Buffer.from(text)); }
  send([head, jpeg]) {
    this.text(JSON.stringify(head));
    if (jpeg) this.message(2, jpeg);
  }
  close() { this.socket.destroy(); }
}

// WebSockets that clients open: next() resolves to the next one.
export class Links {
  constructor() { Object.assign(this, { come: [], asked: [] }); }
  accept(request, socket) {
    const link = new Link(request, socket);
    const waiting = this.asked.shift();
    if (waiting) waiting(link);
    else this.come.push(link);
  }
  next() {
    if (this.come.length) return Promise.resolve(this.come.shift());
    return new Promise((done) => { this.asked.push(done); });
  }
}

// A server with one page, whose text and fields a test sets, and WebSockets at every path.
export async function startStandIn() {
  const links = new Links();
  const page = { text: '', fields: {} };
  const server = http.createServer((request, response) => {
    const isPage = request.url === '/';
    response.writeHead(isPage ? 200 : 404, { 'Content-Type': 'text/html', ...page.fields });
    response.end(isPage ? page.text : '');
  });
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket) => links.accept(request, socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    links, page, origin: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
