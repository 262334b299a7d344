"use strict";
// Shared by the pages, with player.js and display.js: one WebSocket that carries the newest
// pictures, its fallback, and the monitoring of both. A page is not notified when its stream dies,
// so it monitors the frames.
const $ = id => document.getElementById(id);
function write(node, text) { if (node.textContent !== text) node.textContent = text; }
// Reasons are written for the slate, and may already begin with "camera".
const lostBecause = reason =>
  reason.startsWith("camera ") ? "C" + reason.slice(1) : "Camera lost: " + reason;
// The server's errors in plain text begin with their status.
const reasonOf = text => text.trim().replace(/^\d{3} [^:]*: /, "");
// 14:03:22, with the date if it is not today.
function clock(date) {
  const time = date.toLocaleTimeString([], {hourCycle: "h23", hour: "2-digit", minute: "2-digit",
                                            second: "2-digit"});
  const day = date.toDateString();
  return day === new Date().toDateString() ? time : `${date.toLocaleDateString()}, ${time}`;
}
const shortly = value => value < 10 ? String(+value.toPrecision(2)) : String(Math.round(value));
// null if unknown.
const fpsOf = camera => camera.state === "live" && camera.fps > 0 ? camera.fps : null;
function element(tag, attributes = {}, ...children) {
  const made = tag === "svg" || tag === "path"
    ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
// The text over a picture; empty for none.
function writeOver(node, text) {
  node.hidden = !text;
  if (node.textContent !== text) node.replaceChildren(element("span", {}, text));
}

// Keeps pictures coming while the page is visible, and polls the server's figures.
//
// `page` has: root, the relative path to the server's root; path(), of the WebSocket;
// frame(head, blob), as from Frames; reset(), after which a frame is of another connection;
// summary(figures), null if they are not available; changed(), called when the texts must be
// updated; paused; waitsForPlace, true if the fallback is useless while the server
// is full; and fallback with start(), stop() and stalled(), for when a WebSocket is not possible,
// as behind a proxy that does not forward it.
class Live {
  constructor(page) {
    const asked = new URLSearchParams(location.search).get("transport");
    this.page = page;
    this.forced = ["updates", "ws", "img"].includes(asked);
    this.fallen = asked === "img";
    this.wholeOnly = asked === "ws";
    this.trust = new Trust();
    this.answers = true;  // whether the server did at the last poll
    this.failures = 0;    // in a row
    this.sign = new Date();  // when the server last sent anything
    this.pictured = -Infinity;  // when the last frame arrived, repeats included
    document.addEventListener("visibilitychange", () => this.restart());
    addEventListener("online", () => this.restart());
    addEventListener("offline", () => { this.answers = false; page.changed(); });
    addEventListener("pageshow", event => { if (event.persisted) this.restart(); });
    addEventListener("pagehide", () => this.stop());
    setInterval(() => this.watch(), 1000);
  }

  isConnected() { return Boolean(this.frames || this.falling); }
  // Whether the screen shows what the server currently sends.
  isFresh() {
    return this.frames ? now() - this.pictured < PATIENCE_MS : this.pictured > -Infinity;
  }
  alive() {
    this.full = false;
    this.pictured = now();
    this.sign = new Date();
  }

  stop() {
    if (this.frames) {
      this.frames.close();
      this.page.reset();
    }
    if (this.falling) this.page.fallback.stop();
    this.frames = null;
    this.falling = false;
    this.pictured = -Infinity;
  }
  start() {
    if (document.hidden || this.page.paused || this.isConnected()) return;
    if (this.fallen) {
      this.falling = true;
      this.page.fallback.start();
      return;
    }
    const {page} = this;
    this.frames = new Frames(this.path(), (head, blob) => {
      this.alive();
      page.frame(head, blob);
    }, () => {
      this.refused = this.frames.count === 0;
      this.ended();
    });
  }
  path() {
    const path = this.page.path();
    if (this.wholeOnly || !this.trust.holds()) return path;
    return path + (path.includes("?") ? "&" : "?") + "segments=1";
  }
  ended() {
    this.stop();
    // When a server restarts, its pages must not all poll at the same time.
    this.askIn(500 + Math.random() * 1000);
    this.page.changed();
  }
  // An update could not be shown; a new connection begins with a whole frame.
  broken() {
    this.trust.fail();
    this.ended();
  }
  restart() {
    this.stop();
    if (!document.hidden) {
      this.start();
      this.ask();
    }
    this.page.changed();
  }

  watch() {
    const before = this.watched || now();
    this.watched = now();
    // The machine was asleep, and its connections may have died without notice.
    const slept = this.watched - before > 2 * PATIENCE_MS;
    const silent = this.frames && now() - this.frames.heard > PATIENCE_MS;
    const stalled = this.falling && this.page.fallback.stalled();
    if (!document.hidden && (slept || silent || stalled)) this.restart();
    // A picture that does not change does not prove that the server is alive.
    const since = Math.max(this.pictured, this.asked || 0);
    if (this.falling && !document.hidden && now() - since > PATIENCE_MS) this.ask();
    this.page.changed();
  }

  askIn(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { if (!document.hidden) this.ask(); }, ms);
  }
  async ask() {
    if (this.asking) return;
    this.asking = true;
    this.asked = now();
    let wait;
    try {
      const answer = await fetch(this.page.root + "api/v1/summary",
                                 {cache: "no-store", signal: AbortSignal.timeout(4000)});
      if (answer.status >= 500) throw new Error(answer.status);
      const summary = answer.ok ? await answer.json() : null;
      wait = 1000 * (summary && summary.poll_seconds || 2);
      this.failures = 0;
      this.answered(summary);
    } catch (error) {
      this.answers = false;
      // 1 to 2 s, 2 to 4, 4 to 8, then always 8 to 16.
      wait = 1000 * 2 ** Math.min(this.failures++, 3) * (1 + Math.random());
    }
    this.asking = false;
    this.askIn(wait);
    this.page.changed();
  }
  answered(summary) {
    const cameBack = !this.answers;
    this.answers = true;
    this.sign = new Date();
    const server = summary ? summary.instance_id : "";
    const isAnother = this.server && server !== this.server;
    if (isAnother && this.version !== summary.version) return location.reload();
    if (summary) [this.server, this.version] = [server, summary.version];
    const noPlace = Boolean(summary && summary.viewers >= summary.max_viewers);
    this.full = noPlace && this.page.waitsForPlace && (this.full || this.refused);
    if (noPlace) this.places = ` (${summary.viewers} of ${summary.max_viewers} viewers)`;
    // A refusal while the server was away does not mean that WebSockets fail.
    if (this.refused && !this.full && !cameBack && !this.forced) this.fallen = true;
    this.refused = false;
    if (isAnother && !this.forced) this.fallen = false;
    // An <img> does not report that its server has gone, so it is requested again.
    if (this.falling && (cameBack || isAnother)) this.stop();
    // A camera that is starting has no picture yet.
    if (this.frames && this.frames.isWaiting()) this.frames.heard = now();
    this.page.summary(summary);
    if (!this.full) this.start();
  }

  // The text to show instead of "live"; empty if there is no trouble.
  trouble() {
    if (this.isFresh() && this.answers) return "";
    if (!this.answers || !navigator.onLine)
      return `No connection since ${clock(this.sign)}, trying again`;
    return this.full ? `The camera is full${this.places || ""}, trying again` : "";
  }
}
