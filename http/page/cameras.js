const tiles = new Map();
for (const item of document.querySelectorAll("[data-name]")) {
  const find = what => item.querySelector(what);
  const canvas = find("canvas");
  const display = new Display(canvas, () => {
    canvas.hidden = false;
    canvas.classList.remove("blank");
  }, () => live.broken());
  tiles.set(item.dataset.name, {item, canvas, display, over: find(".over"),
                                words: find("p.state"), heard: -Infinity});
}
const sleep = ms => new Promise(done => setTimeout(done, ms));

// Cameras whose tiles are on or near the screen, as many as one WebSocket carries.
const CAMERAS_MAX = 16;
const near = new Set();
const nearby = () => [...tiles.keys()].filter(name => near.has(name)).slice(0, CAMERAS_MAX);
let carried = "", settling;
const watch = new IntersectionObserver(changes => {
  for (const {target, isIntersecting} of changes)
    isIntersecting ? near.add(target.dataset.name) : near.delete(target.dataset.name);
  // Scrolling has ended when nothing has changed for a moment.
  clearTimeout(settling);
  settling = setTimeout(() => {
    if (nearby().join() === carried) return;
    live.page.paused = near.size === 0;
    live.restart();
  }, carried ? 300 : 0);
}, {rootMargin: "25%"});

// Snapshots, one at a time, so that any number of cameras takes only one connection.
const fallback = {
  run: 0,
  start() { this.take(++this.run); },
  stop() { ++this.run; },
  stalled: () => false,
  async take(run) {
    while (run === this.run) {
      const begun = now();
      for (const name of nearby()) if (run === this.run) await this.renew(name, run);
      await sleep(Math.max(100, begun + 1000 - now()));
    }
  },
  // For a lost camera the answer is an error whose body is a slate with the reason.
  async renew(name, run) {
    const answer = await fetch(`cameras/${name}/snapshot`,
                               {cache: "no-store", signal: AbortSignal.timeout(8000)})
      .catch(() => null);
    const type = answer && answer.headers.get("Content-Type");
    if (type !== "image/jpeg") return sleep(500);
    const picture = await answer.blob();
    if (run !== this.run) return;
    heard(tiles.get(name));
    tiles.get(name).display.take({}, picture);
  },
};

function heard(tile) {
  tile.heard = now();
  live.alive();
}

const live = new Live({
  root: "", fallback, paused: true, summary, changed: sayState,
  path() {
    const names = nearby();
    carried = names.join();
    return `ws?cameras=${carried}&fps=${names.length > 4 ? 8 : 15}`;
  },
  frame(head, blob) {
    const tile = tiles.get(head.camera);
    if (!tile) return;
    heard(tile);
    tile.display.take(head, blob);
  },
  reset() { for (const {display} of tiles.values()) display.reset(); },
});

// The text for "starting" and so on; the same as the server writes into the page.
function words(camera) {
  if (camera.state === "lost") return lostBecause(camera.reason);
  if (camera.state === "idle") return "idle until someone watches";
  if (camera.state === "starting") return "no picture yet";
  const fps = fpsOf(camera);
  return `${camera.width}\u00d7${camera.height}` +
    (fps === null ? "" : ` \u00b7 ${shortly(fps)} fps`);
}
let lost = 0;
function summary(all) {
  if (!all) return;
  if (all.cameras.map(camera => camera.name).join() !== [...tiles.keys()].join())
    return location.reload();
  for (const camera of all.cameras) {
    const tile = tiles.get(camera.name);
    tile.words.dataset.state = camera.state;
    write(tile.words, words(camera));
  }
  lost = all.cameras.filter(camera => camera.state === "lost").length;
}
// At worst, sixteen cameras take turns.
const TILE_PATIENCE_MS = 15000;
function sayState() {
  const dead = !live.answers || !navigator.onLine;
  for (const tile of tiles.values()) {
    const shown = tile.heard > -Infinity;
    if (shown && document.hidden) tile.heard = -1e9;
    // A new connection for other tiles is not an interruption.
    const patience = live.isConnected() ? TILE_PATIENCE_MS : 3000;
    const fresh = !dead && now() - tile.heard < patience;
    tile.canvas.classList.toggle("stale", shown && !fresh);
    if (dead) {
      tile.words.dataset.state = "";
      write(tile.words, "no connection");
    }
    writeOver(tile.over, fresh ? "" : dead ? live.trouble() : shown ? "Connecting" : "");
  }
  $("state").dataset.state = dead || lost ? "lost" : "live";
  write($("state"), dead ? live.trouble() :
    tiles.size + (tiles.size === 1 ? " camera" : " cameras") + (lost ? `, ${lost} lost` : ""));
}
for (const tile of tiles.values()) watch.observe(tile.item);
live.ask();
