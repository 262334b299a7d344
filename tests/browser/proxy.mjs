// SPDX-License-Identifier: Apache-2.0
// A reverse proxy between a browser and the server: it can interfere as proxies and networks do,
// and it counts the connections that the browser holds.
import { once } from 'node:events';
import http from 'node:http';

// Requests below `prefix` are forwarded to `origin` without it. Options, which may be changed at
// any time (result.options): webSockets: false refuses to forward them, as nginx does by default;
// links: WebSockets are not forwarded either but end there (stand_in.mjs);
// rewrite: text -> text, changes the server's summaries; answer: (method, path, body) ->
// [status, type, text], answers in place of the server, or returns nothing to forward the request;
// delay: milliseconds before the second half of a page and before a summary; page: text -> text,
// changes pages, which are then sent without a policy; policy: one more for pages.
export async function startProxy(origin, prefix = '/', options = {}) {
  const upstream = new URL(origin);
  const sockets = new Set();   // of the browser
  const passing = new Set();   // answers that are being forwarded: [from, to]
  const requested = [];        // paths, without the prefix

  const forward = (request) => ({
    host: upstream.hostname, port: upstream.port, method: request.method, agent: false,
    path: request.url.slice(prefix.length - 1), headers: request.headers,
  });
  const server = http.createServer(async (request, response) => {
    if (!request.url.startsWith(prefix)) {
      response.writeHead(404).end();
      return;
    }
    const asked = forward(request);
    requested.push(asked.path);
    if (options.answer) {
      const body = request.method !== 'PATCH' ? ''
        : Buffer.concat(await request.toArray()).toString();
      const scripted = options.answer(request.method, asked.path, body);
      if (scripted) {
        const [status, type, text] = scripted;
        response.writeHead(status, { 'Content-Type': type }).end(text);
        return;
      }
    }
    const onward = http.request(asked, async (answer) => {
      if (options.rewrite && asked.path === '/api/v1/summary') {
        const text = options.rewrite(Buffer.concat(await answer.toArray()).toString());
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(text);
        return;
      }
      if (options.page && /^text\/html/.test(answer.headers['content-type'])) {
        const text = options.page(Buffer.concat(await answer.toArray()).toString());
        response.writeHead(answer.statusCode, { 'Content-Type': 'text/html; charset=utf-8' });
        response.end(text);
        return;
      }
      if (options.policy && answer.headers['content-security-policy'])
        answer.headers['content-security-policy'] += `, ${options.policy}`;
      response.writeHead(answer.statusCode, answer.headers);
      if (options.delay && /^text\/html/.test(answer.headers['content-type'])) {
        const page = Buffer.concat(await answer.toArray());
        // The style and the beginning of the visible content have arrived; the script has not.
        const half = page.indexOf('<canvas') < 0 ? page.length >> 1 : page.indexOf('<canvas');
        response.write(page.subarray(0, half));
        setTimeout(() => response.end(page.subarray(half)), options.delay);
        return;
      }
      answer.on('error', () => response.destroy());
      if (options.delay && asked.path === '/api/v1/summary') {
        setTimeout(() => answer.pipe(response), options.delay);
        return;
      }
      pass(answer, response);
    });
    onward.on('error', () => {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });

  function pass(from, to) {
    const pair = [from, to];
    passing.add(pair);
    to.on('close', () => passing.delete(pair));
    from.pipe(to);
  }

  server.on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    const asked = forward(request);
    requested.push(asked.path);
    if (options.links) {
      options.links.accept(request, socket);
      return;
    }
    if (options.webSockets === false) {
      socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const onward = http.request(asked);
    onward.on('error', () => socket.destroy());
    onward.on('response', () => socket.destroy());
    onward.on('upgrade', (answer, peer, head) => {
      const fields = answer.rawHeaders.map((text, i) => text + (i % 2 ? '\r\n' : ': ')).join('');
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
      socket.write(head);
      peer.on('error', () => socket.destroy());
      socket.on('close', () => peer.destroy());
      peer.on('close', () => socket.destroy());
      pass(peer, socket);
      socket.pipe(peer);
    });
    onward.end();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const used = new Set();
  const use = ({ socket }) => {
    if (used.has(socket)) return;
    used.add(socket);
    socket.on('close', () => used.delete(socket));
  };
  server.on('request', use);
  server.on('upgrade', use);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    options, requested,
    url: `http://127.0.0.1:${server.address().port}${prefix}`,
    // Without connections that a browser opens speculatively and sends no request on.
    connections: () => used.size,
    // Answers that are being forwarded stall forever, without any notification.
    freeze() {
      for (const [from, to] of passing) from.unpipe(to);
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
