"use strict";
// What a person puts right while looking, as the lines of a corrections file.

class Corrections {
  constructor(data, changed) {
    this.data = data;
    this.lines = [];
    this.before = []; // of each line, what its track was like
    this.changed = changed;
    this.warn = (event) => this.lines.length && !this.saved && event.preventDefault();
    addEventListener("beforeunload", this.warn);
  }

  // The page of another video comes.
  close() {
    removeEventListener("beforeunload", this.warn);
  }

  add(track, action, value = "", from = "", to = "") {
    this.lines.push([track.id, from, to, action, value]);
    const { person, hidden, dropped } = track;
    this.before.push([track, { person, hidden, dropped }]);
    this.saved = false;
    const now = { rename: () => { track.person = value; }, hide: () => { track.hidden = true; },
      show: () => { track.hidden = false; }, drop: () => { track.dropped = true; },
      merge: () => { track.person = this.data.tracks.find((one) => String(one.id) === value)?.person || track.person; } };
    now[action]?.();
    this.changed();
  }

  undo() {
    this.lines.pop();
    Object.assign(...this.before.pop());
    this.saved = false;
    this.changed();
  }

  get text() {
    const cell = (value) => (/[",\n\r]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
    return [["track_id", "from_s", "to_s", "action", "value"], ...this.lines].map((line) => `${line.map(cell).join(",")}\n`).join("");
  }

  // Where the page is served, into the file beside the results; else as a download.
  async save() {
    const name = `${this.data.name}.corrections.csv`;
    if (loaded.served) {
      const headers = { "X-Video": encodeURIComponent(this.data.id) };
      if (this.sending) return "saving";
      this.sending = true;
      try {
        const answer = await fetch(loaded.served.corrections, { method: "POST", body: this.text, headers });
        if (!answer.ok) return `not saved: ${await answer.text()}`;
      } catch {
        return "not saved: the server has ended; start it again, with vidfx report --serve";
      } finally {
        this.sending = false;
      }
      this.lines = [];
      location.reload(); // with the corrected rows
      return `added to ${name}`;
    }
    const link = h("a", { href: URL.createObjectURL(new Blob([this.text], { type: "text/csv" })), download: name });
    link.click();
    this.saved = true;
    return `${name}: put it beside the results of this video`;
  }
}
