// ---- the slider over the last seconds, if there is a history ----

// A moment is shown as a snapshot. "Play from here" is a stream that begins there, and plays for as
// long as that is ago; then the page shows the live picture again.
class Past {
  constructor() {
    this.picture = element("img", {alt: "earlier picture of " + camera});
    this.moment = null;  // what is shown, as now(); null: the live picture
    this.reach = 0;      // of the history, seconds
    this.picture.hidden = true;
    $("over").before(this.picture);
    $("moment").oninput = event => this.seek(-event.target.value);
    $("replay").onclick = () => this.play();
    setInterval(() => this.tell(), 500);
  }
  isShown() { return this.moment !== null; }
  // While it plays, it stays as far behind as it was.
  ago() { return this.isPlaying ? this.distance : (now() - this.moment) / 1000; }
  text() { return shortly(this.ago()) + "\u2009s ago"; }
  // Moments count back from the request, so no clocks are compared.
  query(name) { return `${name}=-${this.ago().toFixed(2)}s`; }

  summary(figures) {
    this.reach = figures.history_seconds;
    $("past").hidden = !this.reach;
    $("moment").min = -Math.floor(10 * this.reach) / 10;
    if (!this.reach && this.isShown()) setPaused(false);
  }
  // A moment that does not play gets further away, until it is forgotten.
  tell() {
    const ago = this.isShown() ? this.ago() : 0;
    $("moment").value = -ago;
    write($("ago"), ago ? this.text() : "now");
    $("replay").disabled = !this.isShown() || this.isPlaying;
    if (this.isShown()) sayState();
  }

  seek(seconds) {
    if (!seconds) return setPaused(false);
    if (!live.page.paused) setPaused(true);
    this.isPlaying = false;
    clearTimeout(this.ending);
    this.moment = now() - 1000 * seconds;
    this.show();
    this.tell();
  }
  // One request at a time: while the slider is dragged, only its latest position is asked for.
  show() {
    if (this.asking) return;
    const asked = this.moment;
    const answered = () => {
      this.asking = false;
      if (asked !== this.moment) this.show();
    };
    this.load(`snapshot?${this.query("at")}`, answered, () => {
      say("This picture is gone");
      answered();
    });
    this.asking = true;
  }
  load(path, loaded, failed) {
    this.asking = false;
    this.picture.onload = () => {
      this.picture.hidden = false;
      loaded();
    };
    this.picture.onerror = failed;
    this.picture.src = base + path;
  }
  play() {
    this.distance = this.ago();
    this.isPlaying = true;
    this.load(`stream?${this.query("from")}`, () => {}, () => setPaused(false));
    this.ending = setTimeout(() => setPaused(false), 1000 * this.distance);
    this.tell();
  }
  // The live picture is shown again.
  leave() {
    this.moment = null;
    this.isPlaying = false;
    this.asking = false;
    clearTimeout(this.ending);
    this.picture.hidden = true;
    this.picture.onload = this.picture.onerror = null;
    this.picture.removeAttribute("src");
    this.tell();
  }
}
past = new Past();
