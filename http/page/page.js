const {camera, base, root} = document.body.dataset;
const image = new Image(), canvas = $("canvas"), stage = $("stage");
const display = new Display(canvas, head => {
  shown = head;
  refusal = "";
  ++seen;
  canvas.hidden = false;
  image.hidden = true;
  sayState();
}, () => live.broken());
const url = path => new URL(path, location.href).href;

// ---- the picture ----

let figures = null;   // of this camera
let shown = null;     // the head of what the canvas shows, if that is visible
let seen = 0;         // frames of the WebSocket, without repeats
let refusal = "";     // why the <img> was refused
let past = null;      // the slider over the last seconds, if there is a history

// The multipart stream in the <img>.
const fallback = {
  run: 0, heard: 0, patience: PATIENCE_MS,
  start() {
    ++this.run;
    this.heard = now();
    shown = null;
    image.src = base + "stream?" + Date.now();
  },
  // The last picture stays on the screen.
  async stop() {
    const run = ++this.run;
    if (image.naturalWidth && !image.hidden) {
      const bitmap = await createImageBitmap(image).catch(() => null);
      if (run !== this.run) return;
      // Unless a frame of the WebSocket was faster.
      if (bitmap && !(live.frames && live.frames.count)) {
        display.take({}, bitmap);
        await display.picture();
        if (run !== this.run) return;
      }
      image.hidden = true;
    }
    image.removeAttribute("src");
  },
  // True if the camera has new pictures and the screen does not. If the scene never changes, the
  // page reconnects less and less often.
  stalled() {
    if (!this.seen || figures.captured - this.seen < 3) return false;
    if (now() - this.heard < this.patience) return false;
    this.patience = Math.min(2 * this.patience, 60000);
    return true;
  },
  sample: Object.assign(document.createElement("canvas"), {width: 32, height: 18}),
  async look() {
    if (!live.falling || !figures) return;
    const bitmap = await createImageBitmap(image, {resizeWidth: 32, resizeHeight: 18})
      .catch(() => null);
    if (!bitmap) return;
    const context = this.sample.getContext("2d", {willReadFrequently: true});
    context.drawImage(bitmap, 0, 0);
    const print = context.getImageData(0, 0, 32, 18).data.join();
    if (print === this.print && figures.state === "live") return;
    if (print !== this.print) this.patience = PATIENCE_MS;
    this.print = print;
    this.alive();
  },
  alive() {
    this.heard = now();
    live.alive();
    this.seen = figures ? figures.captured : 0;
  },
};
image.onload = () => {
  if (!live.falling) return;
  refusal = "";
  image.hidden = false;
  canvas.hidden = true;
  fallback.alive();
};
// An <img> reports that it failed but not why; the server returns the reason as text.
image.onerror = async () => {
  if (!live.falling) return;
  live.stop();
  live.fallen = live.forced;
  const asking = new AbortController();
  try {
    const answer = await fetch(base + "stream?frames=1",
                               {cache: "no-store", signal: asking.signal});
    refusal = answer.ok ? "" : refusalOf(reasonOf(await answer.text()));
    asking.abort();
  } catch (error) {
    refusal = "";
  }
  live.askIn(5000 + Math.random() * 5000);
  sayState();
};

function refusalOf(reason) {
  if (reason.startsWith("no room")) {
    live.full = true;
    return "";
  }
  if (reason.startsWith("too many streams")) return "Too many streams from your address";
  if (reason.startsWith("not enough bandwidth")) return "Not enough bandwidth for another viewer";
  return reason.replace(/^./, first => first.toUpperCase());
}

const live = new Live({
  root, fallback, paused: false, waitsForPlace: true,
  path: () => base + "ws",
  frame: (head, blob) => display.take(head, blob),
  reset: () => display.reset(),
  summary, changed: sayState,
});

function words() {
  if (past && past.isShown()) return ["past", past.text()];
  if (live.page.paused) return ["paused", "Paused"];
  const trouble = live.trouble() || refusal && refusal + ", trying again";
  if (trouble) return ["lost", trouble];
  const reason = live.frames && shown && shown.slate;
  if (reason) return ["lost", lostBecause(reason)];
  if (figures && figures.state === "lost") return ["lost", lostBecause(figures.reason)];
  if (figures && figures.state === "starting") return ["wait", "The camera is starting"];
  return live.isFresh() ? ["live", "Live"] : ["wait", "Connecting"];
}
function sayState() {
  const [state, text] = words();
  const fresh = state === "past" || state !== "paused" && live.isFresh() && live.answers;
  $("state").dataset.state = state;
  write($("state"), text);
  // The figures of a server that does not answer are unknown.
  if (!live.answers) for (const card of cards) write(card.number, "\u2013");
  writeOver($("over"), fresh ? "" : text);
  for (const picture of [image, canvas])
    picture.classList.toggle("stale", !fresh && state !== "paused");
}

// ---- the figures ----

function withUnit(value, step, units) {
  let unit = 0;
  while (value >= step && unit < units.length - 1) { value /= step; ++unit; }
  return (value < 10 ? value.toFixed(value ? 1 : 0) : Math.round(value)) + "\u2009" + units[unit];
}
const seconds = value =>
  value < 1 ? shortly(value * 1000) + "\u2009ms" : shortly(value) + "\u2009s";
const bits = value => withUnit(value, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);
const bytes = value => withUnit(value, 1000, ["B", "kB", "MB", "GB", "TB"]);
const WINDOW_MS = 120000;

// What this page receives: the frame rate of one connection, over four to about ten seconds.
const mine = {
  points: [],
  rate(at) {
    if (this.frames !== live.frames) this.points = [];
    this.frames = live.frames;
    // With updates, a frame in which nothing changed may not be sent, and is not missed.
    if (!live.frames || !live.frames.count || live.frames.updates) return null;
    this.points = this.points.filter(point => at - point.at < 12000);
    this.points.push({at, seen});
    const passed = (at - this.points[0].at) / 1000;
    return passed < 3.9 ? null : (seen - this.points[0].seen) / passed;
  },
};
// Pictures missed since this page was opened, except while no one was watching.
const missed = {camera: 0, viewers: 0};
function missedIn(is, was, s) {
  if (!s || !is.viewers || !was.viewers) return null;
  missed.camera += is.dropped - was.dropped;
  missed.viewers += is.frames_skipped - was.frames_skipped;
  return (is.dropped - was.dropped + is.frames_skipped - was.frames_skipped) / s;
}

// Each card: a minimum for the scale, the text of a value, the value from two summaries that are
// `s` seconds apart (0: there is only one; null: unknown), and the text below it.
const cards = Object.entries({
  delay: [0.02, seconds,
    (is, was) => is.state === "live" && is.frame_age_count > was.frame_age_count
      ? (is.frame_age_sum_seconds - was.frame_age_sum_seconds) /
        (is.frame_age_count - was.frame_age_count) : null],
  rate: [1, value => shortly(value) + "\u2009fps", fpsOf,
    (is, all, at) => {
      const rate = mine.rate(at);
      return rate !== null && fpsOf(is) !== null ? "you see " + shortly(rate)
        : is.nominal_fps ? "of " + shortly(is.nominal_fps) : "";
    }],
  viewers: [4, String, is => is.viewers,
    (is, all) => all.cameras.length > 1 ? all.viewers + " on all cameras" : "of this camera"],
  missed: [1, value => shortly(value) + "\u2009/s", missedIn,
    () => missed.camera + missed.viewers
      ? `camera ${missed.camera}, slow viewers ${missed.viewers}` : "none since you look"],
  sent: [1e5, bits, (is, was, s) => s ? 8 * (is.bytes_sent - was.bytes_sent) / s : null,
    is => bytes(is.bytes_sent) + " in all"],
}).map(([key, [floor, text, value, describe]]) => {
  const card = $("cards").querySelector(`[data-card="${key}"]`);
  const find = what => card.querySelector(what);
  return {name: find("dt").textContent, floor, text, value, describe, number: find("b"),
          note: find("small"), chart: find("svg"), area: find("path"), line: find("path + path"),
          points: []};
});

function draw(card, at) {
  card.points = card.points.filter(point => at - point.at <= WINDOW_MS);
  const known = card.points.filter(point => point.value !== null);
  const values = known.map(point => point.value);
  const top = Math.max(card.floor, ...values) * 1.15;
  const spots = known.map(point => [(120 - (at - point.at) / 1000).toFixed(1),
                                    (30 - 29 * point.value / top).toFixed(1)]);
  const path = spots.map(spot => spot.join(" ")).join("L");
  card.line.setAttribute("d", path && "M" + path);
  card.area.setAttribute("d", path && `M${spots[0][0]} 30L${path}V30z`);
  card.chart.setAttribute("aria-label", values.length
    ? `${card.name}: ${card.text(Math.min(...values))} to ${card.text(Math.max(...values))}` +
      " in the last two minutes" : card.name + ": nothing to show yet");
}

// What updates spare this page, next to whole frames.
function updates() {
  const ratio = live.frames ? live.frames.ratio() : 1;
  return ratio < 1.05 ? "" : ` \u00b7 updates: 1/${shortly(ratio)} of the bytes`;
}

let before = null;
let controls = null;  // if changes are allowed
function summary(all) {
  $("figures").hidden = !all;
  if (!all) return;
  const was = figures;
  figures = all.cameras.find(one => one.name === camera);
  if (!figures) {
    // A different server with other cameras; or one of a directory, which may come back.
    if (before && before.server !== all.instance_id) return location.reload();
    figures = {captured: 0, ...was, state: "lost", reason: "camera is no longer announced"};
    $("figures").hidden = true;
    return;
  }
  const at = now(), is = figures;
  if (is.width && is.height) {
    document.documentElement.style.setProperty("--w", is.width);
    document.documentElement.style.setProperty("--h", is.height);
  }
  const again = before && before.server === all.instance_id ? before : {at, is};
  const passed = (at - again.at) / 1000;
  for (const card of cards) {
    const value = card.value(is, again.is, passed);
    card.points.push({at, value});
    write(card.number, value === null ? "\u2013" : card.text(value));
    if (card.describe) write(card.note, card.describe(is, all, at));
    draw(card, at);
  }
  before = {at, is, server: all.instance_id};
  write($("facts"), is.width ? `${is.width}\u00d7${is.height}${updates()}` : "");
  if (was && was.state === "lost" && is.state === "live" && controls) controls.load();
  if (past) past.summary(is);
  fallback.look();
}

// ---- buttons ----

function label(id, text) { write($(id).querySelector("span"), text); }
// Screen readers read `said`, but not the changed text of a button that was just pressed.
function say(text) { $("said").textContent = text; }

function setPaused(paused) {
  live.page.paused = paused;
  if (past && !paused) past.leave();
  label("pause", live.page.paused ? "Resume" : "Pause");
  $("pause").querySelector("path").setAttribute("d", live.page.paused ? "M5 3 13 8 5 13z"
                                                                      : "M5 3v10M11 3v10");
  live.restart();
}
function togglePause() { setPaused(!live.page.paused); }
$("pause").onclick = togglePause;

// Saves the picture on the screen under a name with its capture time.
async function save() {
  let at = new Date(), picture;
  const isPast = past && past.isShown();
  if (shown && !isPast) {
    const {head, blob} = await display.picture();
    if (head.timestamp) at = new Date(head.timestamp * 1000);
    picture = blob;
  } else {
    const answer = await fetch(base + "snapshot" + (isPast ? "?" + past.query("at") : ""),
                               {cache: "no-store"}).catch(() => null);
    if (answer && answer.ok) {
      at = new Date(answer.headers.get("X-Timestamp") * 1000);
      picture = await answer.blob();
    }
  }
  if (!picture) return say("There is no picture to save");
  const local = new Date(at - at.getTimezoneOffset() * 60000).toISOString();
  const name = `${camera}-${local.slice(0, 19).replace("T", "_").replaceAll(":", "-")}.jpg`;
  const link = element("a", {href: URL.createObjectURL(picture), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  say("Saved " + name);
}
$("save").onclick = save;

const figure = $("figure");
$("full").hidden = !document.fullscreenEnabled;
function toggleFullScreen() {
  if (!document.fullscreenEnabled) return;
  if (document.fullscreenElement) document.exitFullscreen();
  else figure.requestFullscreen();
}
$("full").onclick = stage.ondblclick = toggleFullScreen;
document.onfullscreenchange = () =>
  label("full", document.fullscreenElement ? "Leave full screen" : "Full screen");

const shortcuts = {f: toggleFullScreen, s: save, " ": togglePause};
// Keys pressed on a control are for the control.
document.addEventListener("keydown", event => {
  const action = shortcuts[event.key.toLowerCase()];
  if (!action || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (document.activeElement.closest("a, button, input, select, textarea, summary")) return;
  event.preventDefault();
  action();
});
// A button clicked with the mouse gives up the focus, so that shortcuts work.
document.querySelector("figcaption").addEventListener("click", event => {
  const button = event.target.closest("button");
  if (button && !button.matches(":focus-visible")) button.blur();
});

// Only pages of secure origins may use the clipboard directly.
async function copy(button, text) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch (error) {
    const area = element("textarea", {class: "unseen"});
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = done ? "Copied" : "Not allowed";
  say(button.textContent);
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}
function copyButton(what, text) {
  const button = element("button", {type: "button", "aria-label": "Copy " + what}, "Copy");
  button.onclick = () => copy(button, text());
  return button;
}

// ---- elsewhere ----

const stream = url(base + "stream"), snapshot = url(base + "snapshot");
write($("socket").querySelector("code"), url(base + "ws").replace("http", "ws"));
for (const row of document.querySelectorAll(".rows li")) {
  const code = row.querySelector("code"), link = row.querySelector("a");
  if (link) write(code, link.href);
  row.append(copyButton("the address of: " + row.querySelector("span").textContent,
                        () => code.textContent));
}

const snippets = {
  "HTML": `<img src="${stream}" alt="${camera}">`,
  "Home Assistant": `# Settings > Devices & services > Add integration > MJPEG IP Camera
#   Name:             ${camera}
#   MJPEG URL:        ${stream}
#   Still image URL:  ${snapshot}
# and for a dashboard:
type: picture-entity
entity: camera.${camera.replaceAll("-", "_")}
camera_view: live`,
  "OctoPrint": `# config.yaml, or Settings > Classic Webcam
plugins:
  classicwebcam:
    stream: ${stream}
    snapshot: ${snapshot}`,
  "Mainsail": `# moonraker.conf; start Fanlight with --cors-origin '*'
[webcam ${camera}]
service: mjpegstreamer
stream_url: ${stream}
snapshot_url: ${snapshot}`,
  "VLC": `vlc ${stream}`,
  "ffmpeg": `ffmpeg -use_wallclock_as_timestamps 1 -i ${stream} -c copy ${camera}.mkv`,
  "OpenCV": `import cv2

camera = cv2.VideoCapture("${stream}")
while True:
    there, picture = camera.read()
    if not there:
        break
    cv2.imshow("${camera}", picture)
    if cv2.waitKey(1) == 27:  # Escape
        break`,
};
const text = $("paste").querySelector("code");
for (const name of Object.keys(snippets)) {
  const input = element("input", {type: "radio", name: "snippet"});
  input.onchange = () => write(text, snippets[name]);
  document.querySelector(".chips").append(element("label", {}, input, element("span", {}, name)));
}
document.querySelector(".chips input").click();
$("paste").append(copyButton("the text", () => text.textContent));
$("loopback").hidden = !/^(localhost|127\.|\[::1\])/.test(location.hostname);

image.alt = canvas.getAttribute("aria-label");
image.hidden = true;
canvas.before(image);
live.restart();
