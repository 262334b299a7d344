// Shared by the pages: shows the frames of cameras on canvases, in a worker where the browser can,
// so that neither decoding nor drawing delays the page, nor the page a picture. The frames come
// through the page, because one WebSocket carries those of several canvases.

// A canvas with its painter; in the worker, or in the window where there is none. An order has the
// `run` of its connection, and a frame ({head, blob}), or asks for the picture; with another run,
// the frames of the last one are dropped. Reports: {run, head} of a frame that has appeared,
// {run, broken}, and {picture}.
class Easel {
  constructor(canvas, report) {
    Object.assign(this, {canvas, report, run: 0, seen: {}});
    this.painter = new Painter(canvas, (head, blob) => {
      this.seen = {head, blob};
      report({run: this.run, head});
    }, () => report({run: this.run, broken: true}));
  }
  obey({run, head, blob, isAsked}) {
    if (run !== this.run) this.painter.reset();
    this.run = run;
    if (head) this.painter.take(head, blob);
    if (isAsked) this.answer();
  }
  async answer() {
    await this.painter.working;
    const {head = {}, blob} = this.seen;
    const jpeg = blob instanceof Blob ? blob : await this.encode().catch(() => null);
    this.report({picture: {head, blob: jpeg}});
  }
  async encode() {
    const {canvas} = this, type = "image/jpeg", quality = 0.95;
    if (canvas.convertToBlob) return canvas.convertToBlob({type, quality});
    return new Promise(done => canvas.toBlob(done, type, quality));
  }
}

// The page's side of an easel. shown(head), broken(): as of Painter.
class Display {
  static worker = startWorker(`${Easel}
    const easels = [];
    onmessage = ({data: {to, canvas, ...order}}) => {
      if (canvas) easels[to] = new Easel(canvas, report => postMessage({from: to, ...report}));
      else easels[to].obey(order);
    };`);
  static all = [];

  constructor(canvas, shown, broken) {
    Object.assign(this, {shown, broken, run: 0, asking: []});
    this.easel = this.place(canvas, Display.all.push(this) - 1);
  }
  // Resolves to a function that passes an order on.
  async place(canvas, to) {
    const worker = await Display.worker;
    if (!worker) {
      const easel = new Easel(canvas, report => this.hear(report));
      return order => easel.obey(order);
    }
    worker.onmessage = ({data: {from, ...report}}) => Display.all[from].hear(report);
    const offscreen = canvas.transferControlToOffscreen();
    worker.postMessage({to, canvas: offscreen}, [offscreen]);
    return order => worker.postMessage({to, ...order});
  }
  async order(what) {
    const order = {run: this.run, ...what};
    (await this.easel)(order);
  }
  hear({run, head, broken, picture}) {
    if (picture) this.asking.shift()(picture);
    else if (run !== this.run) return;  // of a connection that has ended
    else if (broken) this.broken();
    else this.shown(head);
  }

  take(head, blob) { this.order({head, blob}); }
  // Drops what has not appeared yet; the picture stays.
  reset() {
    ++this.run;
    this.order({});
  }
  // {head, blob} of what the canvas shows once all that was taken has appeared: the JPEG that came,
  // or, after an update, one that is made of the canvas; `blob` is null if that failed.
  picture() {
    return new Promise(done => {
      this.asking.push(done);
      this.order({isAsked: true});
    });
  }
}
