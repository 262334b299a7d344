// SPDX-License-Identifier: Apache-2.0
// The server under test, and the times at which its frames were really captured.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import readline from 'node:readline';

// Starts the binary on a port, 0 for a free one; resolves to { origin, stop() }, stop() to the exit
// code.
export async function startFanlight(binary, port, flags) {
  const child = spawn(binary, ['--listen', `127.0.0.1:${port}`, ...flags],
                      { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  const lines = [];
  for await (const line of readline.createInterface({ input: child.stderr })) {
    lines.push(line);
    const match = line.match(/listening on (http:\/\/\S+?)\/$/);
    if (match) {
      child.stderr.resume();
      const stop = async () => {
        child.kill('SIGTERM');
        return (await exited)[0];
      };
      return { origin: match[1], stop };
    }
  }
  throw new Error(`${binary} did not start:\n${lines.join('\n')}`);
}

// Follows a stream as ffmpeg would and notes when each frame was captured: a map from its sequence
// number to Unix milliseconds. Ends when `signal` aborts or the server does.
export function watchCaptures(origin, signal) {
  const captures = new Map();
  const headers = { Accept: '*/*' };
  const request = http.get(`${origin}/stream`, { headers, signal, agent: false });
  request.on('error', () => {});
  request.on('response', (response) => {
    let pending = Buffer.alloc(0);
    response.on('error', () => {});
    response.on('data', (data) => {
      pending = Buffer.concat([pending, data]);
      for (;;) {
        const end = pending.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = pending.subarray(0, end).toString('latin1');
        const length = Number(head.match(/Content-Length: (\d+)/)[1]);
        captures.set(Number(head.match(/X-Sequence: (\d+)/)[1]),
                     Number(head.match(/X-Timestamp: ([\d.]+)/)[1]) * 1000);
        // The rest of this part need not have arrived: the frame was captured anyway.
        if (pending.length < end + 4 + length) return;
        pending = pending.subarray(end + 4 + length);
      }
    });
  });
  return captures;
}

// The same request as the pages make.
export const readSummary = async (origin) => (await fetch(`${origin}/api/v1/summary`)).json();

// One complete answer.
export async function fetchBytes(url) {
  const response = await fetch(url);
  return { headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}
