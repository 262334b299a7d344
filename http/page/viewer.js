// SPDX-License-Identifier: Apache-2.0
// <fanlight-camera src="http://HOST:5000/cameras/front">: a live picture for any page.
// docs/viewer.md is the manual. The server sends this module as /viewer.js, behind player.js.

// The frames by number (docs/caches.md), one request after the other: these pass where WebSockets
// do not, and HTTP caches answer them for many. Each answer has the messages that a WebSocket would
// have brought, as its frames (RFC 6455 section 5.2).
class NumberedFrames extends Frames {
  open(url) {
    this.stop = new AbortController();
    this.follow(url).catch(() => { if (!this.stop.signal.aborted) this.end(); });
  }
  async follow(url) {
    const {searchParams} = url, fps = searchParams.get("fps"), least = fps ? 1000 / fps : 0;
    const segments = searchParams.has("segments");
    for (const name of ["fps", "segments"]) searchParams.delete(name);
    while (!this.stop.signal.aborted) {
      const begun = now(), answer = await fetch(url, {signal: this.stop.signal});
      if (!answer.ok) throw new Error(answer.status);
      this.take(await answer.arrayBuffer());
      searchParams.set("after", this.sequence);
      // Shows which frame an update may begin with.
      if (segments) searchParams.set("v", new URL(answer.url).searchParams.get("v"));
      await new Promise(done => setTimeout(done, begun + least - now()));
    }
  }
  take(bytes) {
    this.heard = now();
    const view = new DataView(bytes);
    for (let at = 0; at < bytes.byteLength;) {
      const isText = view.getUint8(at) === 0x81, code = view.getUint8(at + 1);
      at += 2;
      const size = code < 126 ? code : code < 127 ? view.getUint16(at) : view.getUint32(at + 4);
      at += code < 126 ? 0 : code < 127 ? 2 : 8;
      const data = bytes.slice(at, at += size);
      this.receive(isText ? new TextDecoder().decode(data) : data);
    }
  }
  pass(head, blob) {
    this.sequence = head.sequence;
    super.pass(head, blob);
  }
  // A request waits for a frame for a few seconds.
  isWaiting() { return now() - this.heard < 2 * PATIENCE_MS; }
  close() { this.stop.abort(); }
}

// The connection to a camera and the canvas that shows it; in the worker, or in the window where
// there is none. Its orders come through the port: {run, urls} to play, {run} to stop, {close};
// `urls` has those of the WebSocket and of the frames by number, which are tried in that order. It
// reports each frame and the end of the connection, with the `run` of the order.
class Player {
  constructor(canvas, port) {
    Object.assign(this, {port, broken: 0, trust: new Trust()});
    this.painter = new Painter(canvas, head => this.tell({shown: true, ...this.sizes(head)}),
                               () => this.fail());
    port.onmessage = ({data}) => this.obey(data);
    this.timer = setInterval(() => this.watch(), 1000);
  }
  obey({run, urls, close}) {
    this.stop();
    Object.assign(this, {run, urls});
    if (urls) this.play(Frames, urls.socket);
    if (!close) return;
    clearInterval(this.timer);
    this.port.close();
  }
  play(Way, address) {
    const url = new URL(address);
    if (this.trust.holds()) url.searchParams.set("segments", 1);
    try {
      if (!self.createImageBitmap) throw new Error("too old");
      this.frames = new Way(url, (head, blob) => this.painter.take(head, blob), () => this.end());
    } catch (error) {
      this.end();
    }
  }
  stop() {
    if (this.frames) this.frames.close();
    this.frames = null;
    this.painter.reset();
  }
  watch() {
    const {frames} = this;
    if (!frames || frames.isWaiting()) return;
    if (now() - frames.heard > PATIENCE_MS) this.end();
  }
  fail() {
    ++this.broken;
    this.trust.fail();
    this.end();
  }
  end() {
    const {frames} = this, refused = !frames || !frames.count;
    this.stop();
    if (frames && refused && frames.socket) return this.play(NumberedFrames, this.urls.numbered);
    this.tell({refused});
  }
  tell(what) { this.port.postMessage({run: this.run, broken: this.broken, ...what}); }
  sizes({sequence, timestamp, slate}) {
    const {canvas} = this.painter, {count, updates, bytes} = this.frames;
    return {sequence, timestamp, slate, frames: count, updates, bytes,
            width: canvas.width, height: canvas.height};
  }
}

// One worker for all elements; it ends with the last of them.
const crew = {
  size: 0,
  enter() {
    if (!this.size++) this.worker = startWorker(`${NumberedFrames} ${Player}
      onmessage = ({data: [canvas, port]}) => new Player(canvas, port);`);
    return this.worker;
  },
  leave() {
    if (!--this.size) this.worker.then(worker => worker && worker.terminate());
  },
};

const STYLE = `:host { display: block; }
[part] { display: block; width: 100%; height: 100%; object-fit: contain; }
[hidden] { display: none; }
.stale { filter: grayscale(1) brightness(.4); }`;
function style(root) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch (error) {
    // In an older browser; a page's policy may forbid it.
    root.innerHTML = `<style>${STYLE}</style>`;
  }
}

function drop(image) {
  image.onload = image.onerror = null;
  image.removeAttribute("src");  // ends the stream
  image.remove();
}

class FanlightCamera extends HTMLElement {
  static observedAttributes = ["src", "fps"];
  // What the element has received on its newest connection; `broken` counts since it was added.
  figures = {};
  #canvas = null;   // a canvas that a worker draws on serves for no other, so each stay in a
  #port = null;     // document has its own
  #picture = null;  // what is visible: the canvas, or an image
  #trial = null;    // the newest image, while it may still take over
  #wanted = "";     // what is played, or tried; empty while paused
  #run = 0;
  #failures = 0;    // in a row
  #reason = "";
  #isNear = false;  // whether it is on the screen, or almost
  #observer = null;
  #settling = 0;
  #timer = 0;
  #look = () => this.#update();
  #hurry = () => { if (this.state === "lost") this.#update(true); };

  constructor() {
    super();
    style(this.attachShadow({mode: "open"}));
    const inside = this.attachInternals ? this.attachInternals() : {};
    Object.assign(inside, {role: "img", ariaLabel: "live picture"});
  }
  get state() { return this.getAttribute("state"); }
  get src() { return this.getAttribute("src"); }
  set src(value) { this.setAttribute("src", value); }

  connectedCallback() {
    document.addEventListener("visibilitychange", this.#look);
    addEventListener("online", this.#hurry);
    this.#canvas = document.createElement("canvas");
    Object.assign(this.#canvas, {width: 16, height: 9});
    this.#show(this.#canvas);
    this.#isNear = !self.IntersectionObserver;
    if (!this.#isNear) {
      this.#observer = new IntersectionObserver(entries => {
        this.#isNear = entries.pop().isIntersecting;
        // Scrolling past opens no connection.
        clearTimeout(this.#settling);
        this.#settling = setTimeout(this.#look, 200);
      }, {rootMargin: "25%"});
      this.#observer.observe(this);
    }
    this.#hire(this.#canvas);
  }
  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.#look);
    removeEventListener("online", this.#hurry);
    if (this.#observer) this.#observer.disconnect();
    this.#isNear = false;
    clearTimeout(this.#settling);
    this.#update();
    if (this.#port) this.#port.postMessage({close: true});
    this.#canvas.remove();
    this.#canvas = this.#port = this.#picture = null;
    crew.leave();
  }
  attributeChangedCallback(name) {
    if (!this.#port) return;
    if (name === "src") this.#picture.classList.add("stale");
    this.#update();
  }

  async #hire(canvas) {
    const worker = await crew.enter();
    if (this.#canvas !== canvas) return;
    const {port1, port2} = new MessageChannel();
    port1.onmessage = ({data}) => { if (data.run === this.#run) this.#hear(data); };
    this.#port = port1;
    if (worker) {
      const offscreen = canvas.transferControlToOffscreen();
      worker.postMessage([offscreen, port2], [offscreen, port2]);
    } else {
      new Player(canvas, port2);
    }
    this.#update();
  }
  // The address of one of the camera's resources; empty if there is no valid `src`.
  #address(leaf) {
    try {
      const url = new URL(this.src, document.baseURI), fps = this.getAttribute("fps");
      if (this.src === null || !/^https?:$/.test(url.protocol)) return "";
      url.pathname = url.pathname.replace(/\/*$/, "/" + leaf);
      url.hash = "";
      if (fps) url.searchParams.set("fps", fps);
      return url.href;
    } catch (error) {
      return "";
    }
  }
  // Plays or pauses, whatever is due; `again`: what ended or failed.
  #update(again = false) {
    if (!this.#port) return;
    const wanted = this.#isNear && !document.hidden ? this.#address("ws") : "";
    const urls = wanted && {socket: wanted, numbered: this.#address("frames/next.update")};
    if (wanted === this.#wanted && !(again && wanted)) {
      if (!wanted) this.#say("paused");
      return;
    }
    this.#wanted = wanted;
    clearTimeout(this.#timer);
    if (this.#trial && this.#trial !== this.#picture) drop(this.#trial);
    this.#trial = null;
    this.#port.postMessage({run: ++this.#run, urls});
    if (!wanted) this.#show(this.#canvas);
    if (!again) this.#say(wanted ? "connecting" : "paused");
  }
  #hear({shown, refused, run, ...told}) {
    this.figures = {...this.figures, ...told};
    if (shown) {
      this.#failures = 0;
      this.#show(this.#canvas);
      this.#say(told.slate ? "lost" : "live", told.slate);
    } else if (refused) {
      this.#try();
    } else {
      this.#fail();
    }
  }
  // After a refusal the multipart stream is tried, which pages of any site may show. An image does
  // not tell when its stream ends: after a minute, all is tried again.
  #try() {
    const image = this.#trial = new Image();
    image.alt = "live picture";
    image.onload = () => {
      this.#failures = 0;
      this.#show(image);
      this.#say("live");
    };
    image.onerror = () => this.#fail();
    this.#timer = setTimeout(() => this.#update(true), 60000);
    const url = new URL(this.#address("stream"));
    url.searchParams.set("t", Date.now());
    image.src = url;
  }
  #fail() {
    clearTimeout(this.#timer);
    // 0.5 to 1.5 s, 1 to 3, ..., always 8 to 24.
    const wait = 1000 * 2 ** Math.min(this.#failures++, 4) * (0.5 + Math.random());
    this.#timer = setTimeout(() => this.#update(true), wait);
    this.#say("lost");
  }
  #show(picture) {
    const before = this.#picture;
    if (picture === before) return;
    this.#picture = picture;
    picture.setAttribute("part", "picture");
    picture.hidden = false;
    this.shadowRoot.append(picture);
    if (before === this.#canvas) before.hidden = true;
    else if (before) drop(before);
  }
  #say(state, reason = "") {
    // A slate is a picture that says why there is no other.
    if (state === "lost" || state === "live")
      this.#picture.classList.toggle("stale", state === "lost" && !reason);
    if (state === this.state && reason === this.#reason) return;
    this.#reason = reason;
    this.setAttribute("state", state);
    this.dispatchEvent(new CustomEvent("statechange", {detail: {state, reason}}));
  }
}
// The module may be imported from several servers.
if (!customElements.get("fanlight-camera"))
  customElements.define("fanlight-camera", FanlightCamera);
