"use strict";
// The video, or the pictures of its faces where there is none; frame by frame at true times.

class Player {
  // `moved(seconds)` is called with each frame that is shown.
  constructor(data, times, moved) {
    this.data = data;
    this.times = times;
    this.moved = moved;
    this.boxes = new Map(data.tracks.map((track) => [track, new Boxes(track)]));
    this.now = times.length ? times[0] : 0;
    this.element = h("div", { class: "screen" });
    const { live, begins_s } = data.video;
    const path = live && loaded.served ? loaded.served.source + pathOf(data.id) : data.video.path;
    this.begins = begins_s;
    if (!path) {
      this.element.append(h("p", {}, data.video.hides
        ? "Faces are hidden, so the source is not shown. Draw the video again, with vidfx annotate, to see it with its corrections."
        : "Neither the annotated video nor its source is here."));
      return;
    }
    this.video = h("video", { src: path, controls: true, preload: "metadata", playsinline: true, "aria-label": data.name });
    this.video.addEventListener("error", () => {
      this.element.replaceChildren(h("p", {}, "This browser cannot play the video: ", path));
      this.video = null;
    });
    this.element.append(this.video);
    if (live) {
      this.canvas = h("canvas", { "aria-hidden": "true" });
      this.element.append(this.canvas);
    }
    this.#follow();
  }

  #follow() {
    const { video } = this;
    const show = (media) => {
      this.now = media + this.begins;
      this.#draw();
      this.moved(this.now);
    };
    const events = ["seeked", "loadeddata"];
    if ("requestVideoFrameCallback" in HTMLVideoElement.prototype) {
      const next = (_, { mediaTime }) => {
        show(mediaTime);
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    } else events.push("timeupdate"); // which can be ahead of the frame that is shown
    for (const name of events) {
      video.addEventListener(name, () => show(video.currentTime));
    }
  }

  get place() {
    return placeOf(this.times, this.now + 1e-4);
  }

  seek(wanted) {
    const last = this.times.length ? this.times[this.times.length - 1] + 1 : 0;
    const seconds = Math.min(last, Math.max(0, wanted || 0)); // an address can have anything
    this.now = seconds;
    if (this.video) this.video.currentTime = Math.max(0, seconds - this.begins);
    this.moved(seconds);
  }

  // By frames, to a moment inside the frame so that rounding shows no other one.
  step(by) {
    const place = Math.min(this.times.length - 1, Math.max(0, this.place + by));
    const next = place + 1 < this.times.length ? this.times[place + 1] : this.times[place] + 0.01;
    this.video?.pause();
    this.seek(this.times[place] + Math.min(0.002, (next - this.times[place]) / 4));
  }

  toggle() {
    if (this.video) this.video.paused ? this.video.play() : this.video.pause();
  }

  // Boxes and names over the source.
  #draw() {
    if (!this.canvas || !this.video?.videoWidth) return;
    const ratio = devicePixelRatio || 1, [wide, high] = [this.canvas.clientWidth, this.canvas.clientHeight];
    this.canvas.width = wide * ratio;
    this.canvas.height = high * ratio;
    const pen = this.canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    const scale = Math.min(wide / this.video.videoWidth, high / this.video.videoHeight);
    const left = (wide - scale * this.video.videoWidth) / 2, top = (high - scale * this.video.videoHeight) / 2;
    const [across, down] = [(scale * this.video.videoWidth) / this.data.size[0], (scale * this.video.videoHeight) / this.data.size[1]];
    const place = this.place;
    pen.font = "600 13px system-ui, sans-serif";
    for (const [track, boxes] of this.boxes) {
      const box = boxes.at(place, this.times);
      if (!box || track.dropped) continue;
      const [, , , label] = track.spans.find(([from, to]) => from <= place && place <= to);
      const name = label < 0 ? "" : this.data.labels[label];
      const [x, y] = [left + across * box[0], top + down * box[1]];
      const [w, height] = [across * (box[2] - box[0]), down * (box[3] - box[1])];
      pen.strokeStyle = name ? colourOf(name) : "#e4e8ee";
      pen.lineWidth = 2;
      if (track.hidden) {
        pen.fillStyle = "#000";
        pen.fillRect(x - w * 0.15, y - height * 0.2, w * 1.3, height * 1.4);
        continue;
      }
      pen.strokeRect(x, y, w, height);
      const text = [isName(track.person) ? track.person : `#${track.id}`, name].filter(Boolean).join(", ");
      const length = pen.measureText(text).width;
      pen.fillStyle = "rgb(16 19 26 / 0.8)";
      pen.fillRect(x - 1, y - 21, length + 10, 20);
      pen.fillStyle = "#fff";
      pen.fillText(text, x + 4, y - 6);
    }
  }
}
