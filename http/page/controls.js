// ---- the camera's controls, if the operator allows changes ----

class Controls {
  constructor(path) {
    this.path = path;
    this.rows = new Map();
    this.pending = new Map();  // changes not sent yet, the newest for each control
    $("controls-reset").onclick = () => {
      for (const {told} of this.rows.values())
        if (!told.read_only && told.active && told.value !== told.default)
          this.wish(told.name, null);
    };
    this.load();
  }
  async load() {
    const answer = await fetch(this.path, {cache: "no-store"}).catch(() => null);
    if (answer && answer.ok) this.tell((await answer.json()).controls);
  }
  // One request at a time: while a slider is dragged, only its latest position is sent.
  async wish(name, value) {
    this.pending.set(name, value);
    if (this.sending) return;
    this.sending = true;
    while (this.pending.size) {
      const wishes = Object.fromEntries(this.pending);
      this.pending.clear();
      await this.send(wishes);
    }
    this.sending = false;
  }
  async send(wishes) {
    let trouble = "";
    try {
      const answer = await fetch(this.path, {
        method: "PATCH", headers: {"Content-Type": "application/json"},
        body: JSON.stringify(wishes), signal: AbortSignal.timeout(10000)});
      if (answer.ok) this.tell((await answer.json()).controls);
      else trouble = reasonOf(await answer.text());
    } catch (error) {
      trouble = "no answer from the server";
    }
    write($("controls-error"), trouble && "Not changed: " + trouble);
    // Shows what the camera did, not what was requested.
    if (trouble) await this.load();
  }
  tell(controls) {
    const names = controls.map(one => one.name + one.type).join();
    if (names !== this.names) this.build(controls);
    this.names = names;
    for (const told of controls)
      if (!this.pending.has(told.name)) this.show(this.rows.get(told.name), told);
    const changed = controls.some(one => !one.read_only && one.active && one.value !== one.default);
    $("controls-reset").disabled = !changed;
    $("controls-reset").hidden = !controls.length;
    write($("controls-note"), controls.length ? "" : "This camera has no controls.");
  }
  build(controls) {
    this.rows.clear();
    $("controls-list").replaceChildren();
    for (const told of controls) {
      const row = this.make(told, "control-" + told.name);
      this.rows.set(told.name, row);
      $("controls-list").append(row.node);
    }
  }
  make(told, id) {
    const words = told.name.replace(/_/g, " ").replace(/^./, first => first.toUpperCase());
    const set = value => this.wish(told.name, value);
    const row = {input: element("input", {id})};
    if (told.type === "menu") {
      row.input = element("select", {id}, ...told.items.map(
        item => element("option", {value: item.value}, item.text)));
      row.input.onchange = () => set(+row.input.value);
    } else if (told.type === "boolean") {
      row.input.type = "checkbox";
      row.input.setAttribute("role", "switch");
      row.input.onchange = () => set(row.input.checked);
    } else {
      // A slider is too coarse for a million values.
      const steps = (told.maximum - told.minimum) / (told.step || 1);
      row.input.type = steps <= 10000 ? "range" : "number";
      Object.assign(row.input, {min: told.minimum, max: told.maximum, step: told.step || 1});
      row.input[steps <= 10000 ? "oninput" : "onchange"] = () => {
        if (row.input.value === "") return this.show(row, row.told);
        this.number(row);
        set(+row.input.value);
      };
    }
    row.output = element("output", {for: id});
    row.reset = element("button", {type: "button", "aria-label": "Reset " + words}, "Reset");
    row.reset.onclick = () => set(null);
    row.why = element("small", {id: id + "-why"});
    row.input.setAttribute("aria-describedby", id + "-why");
    row.node = element("div", {class: "control"},
                       element("label", {for: id}, words), row.input, row.output, row.reset,
                       row.why);
    return row;
  }
  number(row) { write(row.output, row.input.type === "range" ? row.input.value : ""); }
  show(row, told) {
    const {input} = row;
    row.told = told;
    if (input.type === "checkbox") input.checked = told.value;
    else if (document.activeElement !== input || input.value !== String(told.value))
      input.value = told.value;
    this.number(row);
    input.disabled = told.read_only || !told.active;
    // Disabling the button that has the focus would lose the focus: move it to the input.
    const isDefault = told.value === told.default;
    if (document.activeElement === row.reset && (isDefault || input.disabled)) input.focus();
    row.reset.disabled = input.disabled || isDefault;
    write(row.why, told.read_only ? "can only be read"
      : told.active ? "" : "not in use: another control decides");
  }
}
controls = new Controls(base + "controls");
