const {camera, base, root} = document.body.dataset;
const image = new Image(), canvas = $("canvas"), stage = $("stage");
const painter = new Painter(canvas);
const url = path => new URL(path, location.href).href;
function element(tag, attributes = {}, ...children) {
  const made = tag === "svg" || tag === "path"
    ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// ---- the picture ----

let figures = null;   // of this camera
let shown = null;     // {head, blob}: what the canvas shows
let seen = 0;         // frames of the WebSocket, repeats left out
let trouble = "";     // why the <img> cannot be had

// The multipart stream in the <img>.
const fallback = {
  run: 0, heard: 0, patience: PATIENCE_MS,
  start() {
    ++this.run;
    this.heard = now();
    shown = null;
    image.src = base + "stream?" + Date.now();
  },
  // What was on the screen last stays there.
  async stop() {
    const run = ++this.run;
    if (image.naturalWidth && !image.hidden) {
      const bitmap = await createImageBitmap(image).catch(() => null);
      if (run !== this.run) return;
      if (bitmap) painter.show(bitmap);
      image.hidden = true;
    }
    image.removeAttribute("src");
  },
  // True when the camera has new pictures and the screen has not. Whoever films a wall that never
  // changes is reconnected less and less often.
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
    this.seen = figures ? figures.captured : 0;
  },
};
image.onload = () => {
  if (!live.falling) return;
  trouble = "";
  image.hidden = false;
  canvas.hidden = true;
  fallback.alive();
};
// An <img> says that it failed and never why; the server says it in words.
image.onerror = async () => {
  if (!live.falling) return;
  live.stop();
  live.fallen = live.forced;
  const asking = new AbortController();
  try {
    const answer = await fetch(base + "stream?frames=1",
                               {cache: "no-store", signal: asking.signal});
    trouble = answer.ok ? "" : (await answer.text()).trim();
    asking.abort();
  } catch (error) {
    trouble = "";
  }
  live.askIn(5000 + Math.random() * 5000);
  live.changed();
};

const live = new Live({
  root, fallback, paused: false,
  path: () => base + "ws",
  frame(head, blob) {
    if (shown && shown.head.sequence === head.sequence && image.hidden) return;
    shown = {head, blob};
    trouble = "";
    ++seen;
    painter.paint(blob);
    image.hidden = true;
    sayState();
  },
  summary, changed: sayState,
});

function words() {
  if (live.page.paused) return ["paused", "Paused"];
  if (!live.answers && !(live.frames && live.frames.count))
    return ["lost", "No answer from the server, trying again"];
  if (trouble) return ["lost", trouble];
  const reason = live.frames && shown && shown.head.slate;
  if (reason) return ["lost", lostBecause(reason)];
  if (figures && figures.state === "lost") return ["lost", lostBecause(figures.reason)];
  if (figures && figures.state === "starting") return ["wait", "The camera is starting"];
  const moving = live.falling ? !image.hidden : live.frames && live.frames.count;
  return moving ? ["live", "Live"] : ["wait", "Connecting"];
}
function sayState() {
  const [state, text] = words();
  $("state").dataset.state = state;
  write($("state"), text);
  $("wait").hidden = !(image.hidden && canvas.hidden);
}

// ---- the figures ----

const round = value => value < 10 ? String(+value.toPrecision(2)) : String(Math.round(value));
function withUnit(value, step, units) {
  let unit = 0;
  while (value >= step && unit < units.length - 1) { value /= step; ++unit; }
  return (value < 10 ? value.toFixed(value ? 1 : 0) : Math.round(value)) + "\u2009" + units[unit];
}
const seconds = value => value < 1 ? round(value * 1000) + "\u2009ms" : round(value) + "\u2009s";
const bits = value => withUnit(value, 1000, ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"]);
const bytes = value => withUnit(value, 1000, ["B", "kB", "MB", "GB", "TB"]);
const WINDOW_MS = 120000;

// Each card: its name, a floor for the scale, how a value reads, the value from two summaries that
// are `s` seconds apart (0: there is only one; null: nothing to tell), and what stands under it.
const cards = [
  ["Frame age", 0.02, seconds,
   (is, was) => is.frame_age_count > was.frame_age_count
     ? (is.frame_age_sum_seconds - was.frame_age_sum_seconds) /
       (is.frame_age_count - was.frame_age_count) : null,
   () => "from capture to network"],
  ["Frame rate", 1, value => round(value) + "\u2009fps",
   is => is.fps,
   is => live.frames && before ? "you see " + round(rate)
     : is.nominal_fps ? "of " + round(is.nominal_fps) : ""],
  ["Viewers", 4, String, is => is.viewers,
   (is, all) => all.cameras.length > 1 ? all.viewers + " on all cameras" : "of this camera"],
  ["Drops", 1, value => round(value) + "\u2009/s",
   (is, was, s) =>
     s ? (is.dropped - was.dropped + is.frames_skipped - was.frames_skipped) / s : null,
   is => `camera ${is.dropped}, slow viewers ${is.frames_skipped}`],
  ["Egress", 1e5, bits,
   (is, was, s) => s ? 8 * (is.bytes_sent - was.bytes_sent) / s : null,
   is => bytes(is.bytes_sent) + " in all"],
].map(([name, floor, text, value, describe]) => {
  const number = element("b"), note = element("small");
  const area = element("path"), line = element("path");
  const chart = element("svg", {viewBox: "0 0 120 30", preserveAspectRatio: "none", role: "img"},
                        area, line);
  $("cards").append(element("div", {}, element("dt", {}, name),
                            element("dd", {}, number, note, chart)));
  return {name, floor, text, value, describe, number, note, area, line, chart, points: []};
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

let before = null, rate = 0;
function summary(all) {
  $("figures").hidden = !all;
  if (!all) return;
  figures = all.cameras.find(one => one.name === camera);
  // Another server with other cameras.
  if (!figures) return location.reload();
  const at = now(), is = figures;
  if (is.width && is.height) stage.style.setProperty("--ratio", `${is.width}/${is.height}`);
  const again = before && before.server === all.instance_id ? before : {at, is, seen};
  const passed = (at - again.at) / 1000;
  if (passed) rate = (seen - again.seen) / passed;
  for (const card of cards) {
    const value = card.value(is, again.is, passed);
    card.points.push({at, value});
    write(card.number, value === null ? "\u2013" : card.text(value));
    write(card.note, card.describe(is, all));
    draw(card, at);
  }
  before = {at, is, seen, server: all.instance_id};
  write($("facts"), is.width ? `${is.width}\u00d7${is.height}` : "");
  write($("version"), all.version);
  $("all").hidden = all.cameras.length < 2;
  fallback.look();
}

// ---- buttons ----

function label(id, text) { write($(id).querySelector("span"), text); }
// `said` is read out; the text of a button that has just been pressed is not.
function say(text) { $("said").textContent = text; }

$("pause").onclick = () => {
  live.page.paused = !live.page.paused;
  label("pause", live.page.paused ? "Resume" : "Pause");
  $("pause").querySelector("path").setAttribute("d", live.page.paused ? "M5 3 13 8 5 13z"
                                                                      : "M5 3v10M11 3v10");
  live.restart();
  sayState();
};

// The picture on the screen, under a name with its time of capture.
$("save").onclick = async () => {
  let at = new Date(), picture;
  if (shown) {
    picture = shown.blob;
    if (shown.head.timestamp) at = new Date(shown.head.timestamp * 1000);
  } else if (live.page.paused && !canvas.hidden) {
    picture = await new Promise(done => canvas.toBlob(done, "image/jpeg", 0.95));
  } else {
    const answer = await fetch(base + "snapshot", {cache: "no-store"}).catch(() => null);
    if (answer && answer.ok) picture = await answer.blob();
  }
  if (!picture) return say("There is no picture to save");
  const local = new Date(at - at.getTimezoneOffset() * 60000).toISOString();
  const name = `${camera}-${local.slice(0, 19).replace("T", "_").replaceAll(":", "-")}.jpg`;
  const link = element("a", {href: URL.createObjectURL(picture), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  say("Saved " + name);
};

const figure = $("figure");
$("full").hidden = !document.fullscreenEnabled;
$("full").onclick = stage.ondblclick = () => {
  if (!document.fullscreenEnabled) return;
  if (document.fullscreenElement) document.exitFullscreen();
  else figure.requestFullscreen();
};
document.onfullscreenchange = () =>
  label("full", document.fullscreenElement ? "Leave full screen" : "Full screen");

// Only pages from secure origins may use the clipboard directly.
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
$("socket").hidden = false;
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
document.querySelector("figcaption").hidden = $("snippets").hidden = false;

image.alt = canvas.getAttribute("aria-label");
image.hidden = true;
canvas.before(image);
live.restart();
