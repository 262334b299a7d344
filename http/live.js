"use strict";
// What the pages share: one WebSocket that brings the newest pictures, its fallback, and the
// watch over both. Nothing tells a page that its stream has died, so the frames are watched.
const $ = id => document.getElementById(id);
const now = () => performance.now();
function write(node, text) { if (node.textContent !== text) node.textContent = text; }
const PATIENCE_MS = 5000;  // the server says something every two seconds, whatever happens
// Reasons are for the slate, which says it as well.
const lostBecause = reason => "Camera lost: " + reason.replace(/^camera lost: /, "");

// Shows pictures on a canvas. Those that come while one is being decoded are left out but for the
// newest, so a slow machine is late by one picture and never by more.
class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("bitmaprenderer");
  }
  async paint(blob) {
    this.next = blob;
    if (this.busy) return;
    this.busy = true;
    while (this.next) {
      const picture = this.next;
      this.next = null;
      // One that cannot be decoded leaves the one before on the screen.
      const bitmap = await createImageBitmap(picture).catch(() => null);
      if (bitmap) this.show(bitmap);
    }
    this.busy = false;
  }
  show(bitmap) {
    const {canvas} = this;
    if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
    if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
    this.context.transferFromImageBitmap(bitmap);
    canvas.hidden = false;
  }
}

// One WebSocket: for each frame a text message that describes it and a binary one, the JPEG.
class Frames {
  constructor(path, frame, end) {
    const url = new URL(path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.begun = this.heard = now();
    this.count = 0;
    this.socket = new WebSocket(url);
    let head = null;
    this.socket.onmessage = ({data}) => {
      this.heard = now();
      if (typeof data === "string") {
        head = JSON.parse(data);
      } else if (head) {
        ++this.count;
        frame(head, new Blob([data], {type: "image/jpeg"}));
      }
    };
    this.socket.onclose = end;
  }
  isWaiting() {
    return this.socket.readyState === 1 && !this.count && now() - this.begun < 4 * PATIENCE_MS;
  }
  close() {
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
  }
}

// Keeps pictures coming while somebody looks, and asks the server for its figures.
//
// `page` has: root, the way to the server's URLs; path(), of the WebSocket; frame(head, blob);
// summary(figures), null where they cannot be had; changed(), when words must be found anew;
// paused; and fallback with start(), stop() and stalled(), for when the WebSocket cannot be had,
// as behind a proxy that does not pass it on.
class Live {
  constructor(page) {
    const asked = new URLSearchParams(location.search).get("transport");
    this.page = page;
    this.forced = asked === "ws" || asked === "img";
    this.fallen = asked === "img";
    this.answers = true;  // the server, when it was asked last
    document.addEventListener("visibilitychange", () => this.restart());
    addEventListener("online", () => this.restart());
    addEventListener("pageshow", event => { if (event.persisted) this.restart(); });
    addEventListener("pagehide", () => this.stop());
    setInterval(() => this.watch(), 1000);
  }

  isConnected() { return Boolean(this.frames || this.falling); }

  stop() {
    if (this.frames) this.frames.close();
    if (this.falling) this.page.fallback.stop();
    this.frames = null;
    this.falling = false;
  }
  start() {
    if (document.hidden || this.page.paused || this.isConnected()) return;
    if (this.fallen) {
      this.falling = true;
      this.page.fallback.start();
      return;
    }
    const {page} = this;
    this.frames = new Frames(page.path(), (head, blob) => page.frame(head, blob), () => {
      this.refused = this.frames.count === 0;
      this.frames = null;
      // Not all pages of a server that comes back are to ask at once.
      this.askIn(500 + Math.random() * 1000);
      page.changed();
    });
  }
  restart() {
    this.stop();
    if (document.hidden) return;
    this.start();
    this.ask();
  }

  watch() {
    const before = this.watched || now();
    this.watched = now();
    // The machine has slept, and its connections may have died without a word.
    const slept = this.watched - before > 2 * PATIENCE_MS;
    const silent = this.frames && now() - this.frames.heard > PATIENCE_MS;
    const stalled = this.falling && this.page.fallback.stalled();
    if (!document.hidden && (slept || silent || stalled)) this.restart();
    this.page.changed();
  }

  askIn(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (!document.hidden) this.ask(); }, ms);
  }
  async ask() {
    if (this.asking) return;
    this.asking = true;
    let wait = 1000 + Math.random() * 1000;
    try {
      const answer = await fetch(this.page.root + "api/v1/summary",
                                 {cache: "no-store", signal: AbortSignal.timeout(4000)});
      if (answer.status >= 500) throw new Error(answer.status);
      const summary = answer.ok ? await answer.json() : null;
      wait = 1000 * (summary && summary.poll_seconds || 2);
      this.answered(summary);
    } catch (error) {
      this.answers = false;
    }
    this.asking = false;
    this.askIn(wait);
    this.page.changed();
  }
  answered(summary) {
    const cameBack = !this.answers;
    this.answers = true;
    const server = summary ? summary.instance_id : "";
    const isAnother = this.server && server !== this.server;
    if (isAnother && this.version !== summary.version) return location.reload();
    if (summary) [this.server, this.version] = [server, summary.version];
    if (this.refused && !this.forced) this.fallen = true;
    this.refused = false;
    if (isAnother && !this.forced) this.fallen = false;
    // An <img> does not tell that its server has gone, so it is asked for anew.
    if (this.falling && (cameBack || isAnother)) this.stop();
    // A camera that is being started has no first picture yet.
    if (this.frames && this.frames.isWaiting()) this.frames.heard = now();
    this.page.summary(summary);
    this.start();
  }
}
