"use strict";
// The view of all people of a folder: their faces, the most doubtful first; names, merges, splits.

const FACES = 60; // of a person, at most

class PeopleView {
  constructor(index, redraw) {
    this.index = index;
    this.redraw = redraw;
    this.lines = []; // of corrections.csv: video, track_id, from_s, to_s, action, value
    this.next = index.groups?.next || 1;
    addEventListener("beforeunload", (event) => this.lines.length && !this.saved && event.preventDefault());
  }

  add(...lines) {
    this.lines.push(...lines);
    this.saved = false;
    this.redraw();
  }

  person(name, action, value) {
    if (value && value.trim() && value.trim() !== name) this.add(["*", name, "", "", action, value.trim()]);
  }

  get text() {
    const cell = (value) => (/[",\n\r]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
    return [["video", "track_id", "from_s", "to_s", "action", "value"], ...this.lines].map((line) => `${line.map(cell).join(",")}\n`).join("");
  }

  async save(note) {
    if (loaded.served) {
      const answer = await fetch(loaded.served.corrections, { method: "POST", body: this.text, headers: { "X-Video": "" } });
      if (!answer.ok) {
        note.textContent = `not saved: ${await answer.text()}`;
        return;
      }
      this.lines = [];
      location.reload(); // with the people as they are now
      return;
    }
    h("a", { href: URL.createObjectURL(new Blob([this.text], { type: "text/csv" })), download: "corrections.csv" }).click();
    this.saved = true;
    note.textContent = "corrections.csv: add its lines to that of the output folder, then run vidfx people group again";
  }

  draw(chosen) {
    const note = h("p", { class: "soft", role: "status" }, this.lines.length ? `${plural(this.lines.length, "correction")}, not saved yet` : "");
    const button = (text, label, action) => h("button", { type: "button", "aria-label": label, onclick: action }, text);
    const bar = this.lines.length ? h("div", { class: "bar" }, button("Save", "Save corrections", () => this.save(note)),
      button("Undo", "Undo the last correction", () => { this.lines.pop(); this.redraw(); })) : null;
    const people = this.people(chosen);
    if (!people.size) return [h("p", { class: "note" }, "Nobody is named in these videos: see vidfx people group.")];
    const asked = this.index.groups.alike.filter(([one, other]) => people.has(one) && people.has(other) && !this.lines.some((line) => line[0] === "*" && [one, other].includes(line[1])));
    const questions = asked.slice(0, 12).map(([one, other]) => h("li", {}, this.face(people.get(one)[0]), this.face(people.get(other)[0]), h("p", {},
      h("strong", {}, `${one} and ${other}: one person?`), h("br"), button("Merge", `Merge ${other} into ${one}`, () => this.person(other, "merge", one)))));
    return [note, bar,
      questions.length ? h("section", {}, h("h2", {}, "Perhaps the same"), h("ul", { class: "cards" }, questions)) : null,
      ...[...people].slice(0, PAGE).map(([name, hits]) => this.section(name, hits, button))].filter(Boolean);
  }

  // The tracks of each person, each once; who has the most comes first.
  people(chosen) {
    const found = new Map();
    for (const [video, hits] of chosen) {
      const seen = new Set();
      for (const hit of hits) {
        if (!isName(hit.person) || seen.has(hit.track)) continue;
        seen.add(hit.track);
        const doubt = this.index.groups?.doubts[video.id]?.[hit.track] || 0;
        found.set(hit.person, [...(found.get(hit.person) || []), { video, hit, doubt }]);
      }
    }
    for (const some of found.values()) some.sort((a, b) => b.doubt - a.doubt);
    return new Map([...found].sort((a, b) => b[1].length - a[1].length));
  }

  face({ video, hit }) {
    return face(video.sheet, hit.number, `${hit.person} in ${video.name}`);
  }

  section(name, tracks, button) {
    const done = this.lines.filter((line) => line[0] === "*" && line[1] === name).map((line) => `${line[4]} ${line[5]}`);
    const cards = tracks.slice(0, FACES).map((one) => {
      const where = `track ${one.hit.track} of ${one.video.name}`;
      const said = this.lines.find((line) => line[0] === one.video.id && line[1] === one.hit.track);
      return h("li", {}, this.face(one), h("p", {},
        h("a", { href: state.link({ video: one.video.id, t: linked(one.hit.from) }) }, `${one.video.name}, ${clock(one.hit.from)}`), h("br"),
        h("span", { class: "soft" }, said ? `${said[4]} ${said[5]}` : `track ${one.hit.track}, doubt ${percent(one.doubt)}`), h("br"),
        button("Not this one", `${where} is not ${name}`, () => this.add([one.video.id, one.hit.track, "", "", "not", name])),
        button("Split off", `${where} is a person of its own`, () => this.add([one.video.id, one.hit.track, "", "", "rename", `Person ${this.next++}`]))));
    });
    return h("section", {}, h("h2", {}, name, done.length ? h("span", { class: "soft" }, ` (${done.join(", ")})`) : ""),
      h("div", { class: "bar" }, button("Rename", `Rename ${name}`, () => this.person(name, "rename", prompt(`Name of ${name}`, name))),
        button("Merge", `Merge ${name} into somebody else`, () => this.person(name, "merge", prompt(`${name} is the same person as`))),
        h("span", { class: "soft" }, plural(tracks.length, "track"))),
      h("ul", { class: "cards" }, cards));
  }
}
