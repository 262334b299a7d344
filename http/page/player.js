// SPDX-License-Identifier: Apache-2.0
// The player: receives the frames of cameras over a WebSocket and shows them on canvases. A frame
// comes whole, as a JPEG, or as an update: the changed segments, as a smaller JPEG (the atlas) with
// their places in the picture. docs/api.md describes both.
//
// Shared by the pages and by viewer.js. It runs in a window or in a worker, which gets it as text:
// it refers to nothing that is not in this file.
function now() { return performance.now(); }
const PATIENCE_MS = 5000;  // the server sends something at least every two seconds

// The rectangles that an update copies, [x, y in the atlas, x, y in the picture, width], and the
// size of the atlas; null if the update contradicts itself. Adjacent segments are one rectangle.
function planUpdate({width, height, segment_width: w, segment_height: h, atlas_columns: m, runs}) {
  const isCount = value => Number.isInteger(value) && value > 0 && value < 65536;
  if (![width, height, w, h, m].every(isCount) || !Array.isArray(runs)) return null;
  const columns = Math.ceil(width / w), segments = columns * Math.ceil(height / h);
  if (!isCount(segments)) return null;
  const rectangles = [];
  let end = 0, index = 0;  // of the picture's and the atlas's segments
  for (const run of runs) {
    const [first, count] = Array.isArray(run) ? run : [];
    if (!Number.isInteger(first) || first < end || !isCount(count)) return null;
    end = first + count;
    if (end > segments) return null;
    for (let segment = first; segment < end;) {
      const wide = Math.min(end - segment, columns - segment % columns, m - index % m);
      rectangles.push([index % m * w, Math.floor(index / m) * h,
                       segment % columns * w, Math.floor(segment / columns) * h, wide * w]);
      segment += wide;
      index += wide;
    }
  }
  return {rectangles, width: m * w, height: Math.ceil(index / m) * h};
}

// Shows the frames of one camera on a canvas, which may be an OffscreenCanvas. A whole frame
// replaces those that wait to be decoded, so a slow machine is never late by more than one picture.
// An update is not skipped, because the next one builds on it.
//
// shown(head, blob): a frame has appeared; `blob` is the JPEG of what the canvas shows, null after
// an update that has changed something. broken(): an update did not fit the picture, or too many
// wait, or the canvas was lost. The next frame must then be whole: the first of a new connection.
class Painter {
  constructor(canvas, shown, broken = () => {}) {
    Object.assign(this, {canvas, shown, broken, run: 0});
    this.reset();
  }
  // Drops what waits and what is being decoded; the picture stays.
  reset() {
    ++this.run;
    this.waiting = [];
    this.taken = this.sequence = undefined;  // of the newest frame that came, and of the one shown
  }
  take(head, blob) {
    if (!head.update) {
      if (head.sequence !== undefined && head.sequence === this.taken) return;
      this.waiting = [];
    } else if (this.isLate()) {
      return this.fail();
    }
    this.taken = head.sequence;
    this.waiting.push({head, blob, since: now()});
    // Resolves when all that came has been shown.
    if (!this.busy) this.working = this.work();
  }
  // Many that come at once, after a pause of the network or of the page, are caught up with.
  isLate() {
    const {waiting} = this;
    return waiting.length >= 64 || waiting.length >= 8 && now() - waiting[0].since > 500;
  }
  async work() {
    this.busy = true;
    try {
      while (this.waiting.length) {
        const {run} = this, {head, blob} = this.waiting.shift();
        const bitmap = blob && await createImageBitmap(blob).catch(() => null);
        if (run === this.run) this.show(head, blob, bitmap);
        if (bitmap) bitmap.close();
      }
    } finally {
      this.busy = false;  // whatever shown() throws
    }
  }
  show(head, blob, bitmap) {
    const {update} = head;
    let drawn = false;
    try {
      drawn = update ? this.apply(update, bitmap) : this.draw(bitmap);
    } catch (error) {
      // There is no whole picture, or no memory for the canvas.
    }
    if (!drawn && update) return this.fail();
    // Without a whole picture the previous one stays on the screen, but is nobody's base.
    this.sequence = drawn ? head.sequence : undefined;
    if (!update || update.runs.length) this.whole = update ? null : blob;
    if (drawn) this.shown(head, this.whole);
  }
  fail() {
    this.reset();
    this.broken();
  }
  draw(bitmap) {
    const {canvas} = this, {width, height} = bitmap;
    // Setting a size clears the canvas, even if it is the same size.
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    if (!this.context) {
      this.context = canvas.getContext("2d", {alpha: false});
      // Empty, after the graphics driver was restarted.
      canvas.addEventListener("contextrestored", () => this.fail());
    }
    this.context.drawImage(bitmap, 0, 0);
    return true;
  }
  // All rectangles are drawn in one task, so that they appear at once.
  apply(update, bitmap) {
    const {canvas, context} = this, plan = planUpdate(update), h = update.segment_height;
    // What changed since an older frame includes what changed since the one that is shown.
    if (!plan || !(update.base <= this.sequence)) return false;
    if (update.width !== canvas.width || update.height !== canvas.height) return false;
    if (!plan.rectangles.length) return true;
    if (!bitmap || bitmap.width !== plan.width || bitmap.height !== plan.height) return false;
    const copy = ([x, y, left, top, wide]) =>
      context.drawImage(bitmap, x, y, wide, h, left, top, wide, h);
    plan.rectangles.forEach(copy);
    // Decoders smooth chroma of half the width and height beyond the ends of a run, to segments
    // that are elsewhere in the picture. The outermost pixels get the colour of the next ones.
    if (h <= 8) return true;
    context.globalCompositeOperation = "color";
    for (const [x, y, left, top, wide] of plan.rectangles) {
      copy([x + 1, y, left, top, 1]);
      copy([x + wide - 2, y, left + wide - 1, top, 1]);
    }
    context.globalCompositeOperation = "source-over";
    return true;
  }
}

// One WebSocket: for each frame a text message that describes it, then a binary one, the JPEG; for
// an update without changes there is only the text. frame(head, blob): `blob` is null for the
// latter. end(): the connection has ended, or sends something else.
class Frames {
  constructor(path, frame, end) {
    Object.assign(this, {frame, end, count: 0, updates: 0, bytes: 0, spent: 0, spared: 0});
    this.whole = new Map();  // size of the newest whole frame of each camera
    this.begun = this.heard = now();
    this.open(new URL(path, location.href));
  }
  open(url) {
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url);
    this.socket.onmessage = ({data}) => {
      this.heard = now();
      try {
        this.receive(data);
      } catch (error) {
        this.close();
        this.end();
      }
    };
    this.socket.onclose = () => this.end();
  }
  receive(data) {
    if (typeof data !== "string") {
      const {head} = this;
      this.head = null;
      if (head) this.pass(head, new Blob([data], {type: "image/jpeg"}));
      return;
    }
    this.bytes += data.length;
    const head = JSON.parse(data), {runs} = head.update || {};
    const isAlone = Array.isArray(runs) && !runs.length;
    this.head = isAlone ? null : head;
    if (isAlone) this.pass(head, null);
  }
  pass(head, blob) {
    const size = blob ? blob.size : 0;
    ++this.count;
    this.bytes += size;
    if (!head.update) this.whole.set(head.camera, size);
    this.updates += head.update ? 1 : 0;
    // Averages over about the last hundred frames.
    this.spent = this.spent * 0.99 + size;
    this.spared = this.spared * 0.99 + (this.whole.get(head.camera) || size) - size;
    this.frame(head, blob);
  }
  // How many times the bytes whole frames would take; 1 without updates.
  ratio() { return this.updates && this.spent ? 1 + this.spared / this.spent : 1; }
  isWaiting() {
    return this.socket.readyState === 1 && !this.count && now() - this.begun < 4 * PATIENCE_MS;
  }
  close() {
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
  }
}

// Whether to ask for updates: not for a minute after they failed three times within one, so that a
// machine that is too slow for them, or a camera that they do not suit, still has a picture.
class Trust {
  constructor() { this.failures = []; }
  fail() { this.failures.push(now()); }
  holds() {
    this.failures = this.failures.filter(at => now() - at < 60000);
    return this.failures.length < 3;
  }
}

// A worker with what is in this file and `text`, its script. Null where there can be none that
// draws, as where the page's policy does not allow it: then the window does its work.
function startWorker(text) {
  const parts = [`const PATIENCE_MS = ${PATIENCE_MS};`, now, planUpdate, Painter, Frames, Trust,
                 text, 'postMessage(Boolean(new OffscreenCanvas(1, 1).getContext("2d")));'];
  return new Promise(done => {
    try {
      if (!HTMLCanvasElement.prototype.transferControlToOffscreen) return done(null);
      const script = new Blob([parts.join("\n")], {type: "text/javascript"});
      const url = URL.createObjectURL(script), worker = new Worker(url);
      worker.onmessage = ({data}) => { URL.revokeObjectURL(url); done(data ? worker : null); };
      worker.onerror = event => { event.preventDefault(); done(null); };
    } catch (error) {
      done(null);
    }
  });
}
