"use strict";
// A lane for each person over the time of a video: drag to seek, wheel or keys to zoom.

const LANE = 26, AXIS = 22, NAME = 118;

class Lanes {
  // `lanes`: [{name, tracks}]; `seek(seconds)` is called while a person drags.
  constructor(data, times, lanes, seek) {
    this.data = data;
    this.times = times;
    this.lanes = lanes;
    this.length = Math.max(data.seconds, times.length ? times[times.length - 1] : 0) || 1;
    this.range = [times.length ? times[0] : 0, times.length ? times[0] + data.seconds || 1 : 1];
    this.whole = [...this.range];
    this.now = this.range[0];
    this.zoomed = () => {};
    this.canvas = h("canvas", { tabindex: 0, role: "slider", "aria-label": "Time", "aria-valuemin": 0,
      "aria-valuemax": this.whole[1].toFixed(2), "aria-valuenow": 0 });
    this.element = h("div", { class: "lanes" }, this.canvas);
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const share = (event.clientX - box.left - NAME) / (box.width - NAME);
      return this.range[0] + Math.min(1, Math.max(0, share)) * (this.range[1] - this.range[0]);
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.dragged = true;
      seek(at(event));
    });
    this.canvas.addEventListener("pointermove", (event) => this.dragged && seek(at(event)));
    this.canvas.addEventListener("lostpointercapture", () => { this.dragged = false; });
    this.canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey) return;
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.25 : 0.8, at(event));
    }, { passive: false });
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  zoom(factor, around = this.now) {
    const [from, to] = this.range, least = 0.2;
    const width = Math.min(this.whole[1] - this.whole[0], Math.max(least, (to - from) * factor));
    const share = (around - from) / (to - from);
    let begin = around - share * width;
    begin = Math.min(this.whole[1] - width, Math.max(this.whole[0], begin));
    this.show([begin, begin + width]);
  }

  show(range) {
    this.range = range;
    this.draw();
    this.zoomed(range);
  }

  // The moment shown; the lanes follow it when it leaves them.
  moveTo(seconds) {
    this.now = seconds;
    const [from, to] = this.range;
    if (seconds < from || seconds > to) {
      const begin = Math.min(this.whole[1] - (to - from), Math.max(this.whole[0], seconds));
      this.show([begin, begin + to - from]);
    } else this.draw();
    this.canvas.setAttribute("aria-valuenow", seconds.toFixed(2));
    this.canvas.setAttribute("aria-valuetext", clock(seconds, 1));
  }

  draw() {
    const width = this.canvas.clientWidth, height = AXIS + LANE * this.lanes.length;
    if (!width) return;
    const ratio = devicePixelRatio || 1;
    this.canvas.style.height = `${height}px`;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.canvas), [from, to] = this.range;
    const ink = style.color, line = colourNamed("--line");
    const x = (time) => NAME + ((time - from) / (to - from)) * (width - NAME);
    pen.font = "12px system-ui, sans-serif";
    this.#axis(pen, x, width, height, ink, line);
    this.lanes.forEach((lane, row) => this.#lane(pen, lane, AXIS + row * LANE, x, ink, width, line));
    pen.fillStyle = colourNamed("--accent");
    if (this.now >= from && this.now <= to) pen.fillRect(x(this.now) - 1, 0, 2, height);
  }

  #axis(pen, x, width, height, ink, line) {
    const span = this.range[1] - this.range[0];
    const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
    const step = steps.find((one) => (one / span) * (width - NAME) > 70) || 7200;
    for (let time = Math.ceil(this.range[0] / step) * step; time <= this.range[1]; time += step) {
      pen.fillStyle = line;
      pen.fillRect(x(time), AXIS - 5, 1, height);
      pen.fillStyle = ink;
      pen.fillText(clock(time, step < 1 ? 1 : 0), x(time) + 3, 12);
    }
    pen.fillStyle = ink;
    for (const place of this.data.cuts) {
      const time = this.times[place];
      if (time >= this.range[0] && time <= this.range[1]) pen.fillRect(x(time), AXIS - 7, 1, 7);
    }
  }

  #lane(pen, lane, top, x, ink, width, line) {
    const none = colourNamed("--none");
    pen.fillStyle = line;
    pen.fillRect(0, top, width, 1);
    pen.fillStyle = ink;
    let name = lane.name;
    while (name.length > 3 && pen.measureText(name).width > NAME - 8) name = `${name.slice(0, -2)}…`;
    pen.fillText(name, 2, top + LANE / 2 + 4);
    const last = this.times.length - 1;
    pen.save();
    pen.beginPath();
    pen.rect(NAME, top, width - NAME, LANE);
    pen.clip();
    for (const track of lane.tracks) {
      for (const [first, end, filled, label] of track.spans) {
        const from = x(this.times[first]);
        const to = x(end < last ? this.times[end + 1] : this.whole[1]);
        if (to < NAME || from > width) continue;
        pen.fillStyle = label < 0 ? none : colourOf(this.data.labels[label]);
        const wide = Math.max(1, to - from);
        if (filled) this.#hatch(pen, from, top + 5, wide, LANE - 9);
        else pen.fillRect(from, top + 5, wide, LANE - 9);
      }
    }
    pen.restore();
  }

  #hatch(pen, left, top, width, height) {
    pen.globalAlpha = 0.3;
    pen.fillRect(left, top, width, height);
    pen.globalAlpha = 1;
    pen.save();
    pen.beginPath();
    pen.rect(left, top, width, height);
    pen.clip();
    pen.strokeStyle = pen.fillStyle;
    pen.beginPath();
    for (let at = left - height - ((left - height) % 6); at < left + width; at += 6) {
      pen.moveTo(at, top + height);
      pen.lineTo(at + height, top);
    }
    pen.stroke();
    pen.restore();
  }
}
