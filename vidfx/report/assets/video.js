"use strict";
// The page of one video: player, people, lanes, curves, and what it was made with.

function showVideo(data, main, single) {
  const times = timesOf(data.times), given = state.read();
  let chosen = null, curves = null;
  const note = h("p", { class: "soft", role: "status" });
  const corrections = new Corrections(data, () => {
    drawPeople();
    lanes.lanes = lanesOf(data);
    lanes.draw();
  });
  const seek = (seconds) => player.seek(seconds);
  const lanes = new Lanes(data, times, lanesOf(data), seek);
  const player = new Player(data, times, (seconds) => {
    lanes.moveTo(seconds);
    position.textContent = `${clock(seconds, 3)}, frame ${player.place}`;
    remember();
  });
  const position = h("span", { class: "number soft" });
  const curvesBox = h("div");
  lanes.zoomed = () => curves?.plot?.setScale("x", { min: lanes.range[0], max: lanes.range[1] });

  let timer = 0, left = false;
  function remember() {
    clearTimeout(timer);
    if (left) return; // the address is that of another page
    timer = setTimeout(() => state.replace({ ...state.read(), video: single ? "" : data.id,
      t: player.now ? linked(player.now) : "", track: chosen ? chosen.id : "" }), 300);
  }

  function choose(track, move = true) {
    chosen = track;
    curves?.plot?.destroy();
    curves = curvesOf(data, times, track, () => lanes.range);
    curvesBox.replaceChildren(h("h2", {}, `Expression of ${nameOf(track)}`), curves,
      h("p", { class: "soft" }, "Lines: smoothed over the track. Dots: single frames."));
    if (move) seek(times[track.first]);
    drawPeople();
    remember();
  }

  // Appearances of all tracks in order, for the keys j and k.
  const begins = data.tracks.flatMap((track) => appearancesOf(track).map(([from]) => [times[from], track])).sort((a, b) => a[0] - b[0]);
  function jump(by) {
    const after = begins.filter(([time]) => time > player.now + 0.02);
    const before = begins.filter(([time]) => time < player.now - 0.25);
    const found = by > 0 ? after[0] : before[before.length - 1];
    if (found) {
      choose(found[1], false);
      seek(found[0]);
    }
  }

  let newest = Math.max(0, ...data.tracks.map((track) => track.id)); // the number of a track that a split makes
  const list = h("ul", { class: "people", "aria-label": "People" });
  function drawPeople() {
    const tools = (track) => h("div", { class: "tools" },
      h("button", { type: "button", onclick: () => {
        const name = prompt(`Name of track ${track.id}`, isName(track.person) ? track.person : "")?.trim();
        if (name) corrections.add(track, "rename", name);
      } }, "Rename"),
      h("button", { type: "button", onclick: () => corrections.add(track, track.hidden ? "show" : "hide") }, track.hidden ? "Show" : "Hide"),
      h("button", { type: "button", onclick: () => corrections.add(track, "drop") }, "Drop"),
      h("button", { type: "button", onclick: () => {
        const other = prompt(`Number of the track that track ${track.id} belongs to`);
        if (data.tracks.some((one) => String(one.id) === other && one !== track)) corrections.add(track, "merge", other);
      } }, "Merge"),
      h("button", { type: "button", onclick: () => corrections.add(track, "split", String(++newest), times[player.place].toFixed(3)) }, "Split here"));
    list.replaceChildren(...data.tracks.map((track) => {
      if (track.dropped) return null;
      const known = track.expression_s.reduce((all, one) => all + one, 0);
      const parts = data.labels.map((label, i) => [label, track.expression_s[i] / track.seconds]).filter(([, share]) => share > 0).sort((a, b) => b[1] - a[1]);
      const text = [...parts.map(([label, share]) => `${label} ${percent(share)}`), known < track.seconds - 1e-6 ? `none ${percent(1 - known / track.seconds)}` : ""].filter(Boolean).join(", ");
      return h("li", { class: "person", "data-chosen": chosen === track },
        h("div", { class: "top" }, face(data.sheet, track.face, nameOf(track)), h("div", {},
          h("button", { type: "button", "aria-pressed": String(chosen === track), onclick: () => choose(track) }, nameOf(track)),
          h("div", { class: "soft" }, `${clock(times[track.first], 1)} to ${clock(times[track.last], 1)}, on screen ${duration(track.seconds)}`),
          track.same_as ? h("div", { class: "soft" }, `the person of track ${track.same_as}`) : null,
          track.filled_s ? h("div", { class: "soft" }, `${duration(track.filled_s)} of it filled in`) : null)),
        data.labels.length ? [shareBar(parts, text), h("div", { class: "soft" }, text, " of its time")] : null,
        tools(track));
    }).filter(Boolean));
    const told = h("span", {});
    note.replaceChildren(...(corrections.lines.length ? [`${plural(corrections.lines.length, "correction")} not saved yet. `,
      h("button", { type: "button", onclick: async () => { told.textContent = await corrections.save(); } }, "Save"), " ",
      h("button", { type: "button", onclick: () => corrections.undo() }, "Undo"), " ", told] : []));
  }

  const key = { ArrowRight: () => player.step(1), ArrowLeft: () => player.step(-1), j: () => jump(1), k: () => jump(-1),
    " ": () => player.toggle(), "+": () => lanes.zoom(0.7), "-": () => lanes.zoom(1.4), "0": () => lanes.show([...lanes.whole]) };
  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea, video")) return;
    if (event.key === " " && event.target.matches("button, a, summary")) return;
    if (key[event.key]) {
      event.preventDefault();
      key[event.key]();
    }
  }
  document.addEventListener("keydown", onKey);

  const button = (text, label, action) => h("button", { type: "button", "aria-label": label, title: label, onclick: action }, text);
  main.replaceChildren(
    h("div", { class: "stage" }, player.element, list),
    h("div", { class: "bar" },
      button("◀ frame", "One frame back (left arrow)", () => player.step(-1)), button("frame ▶", "One frame on (right arrow)", () => player.step(1)),
      button("k", "The appearance before (k)", () => jump(-1)), button("j", "The next appearance (j)", () => jump(1)),
      button("+", "Zoom in (+)", key["+"]), button("−", "Zoom out (-)", key["-"]), button("All", "The whole video (0)", key["0"]), position),
    note, lanes.element, legend(data), curvesBox, facts(data, times));
  const wanted = data.tracks.find((track) => String(track.id) === given.track) || data.tracks[0];
  drawPeople();
  if (wanted) choose(wanted, false);
  if (given.t) seek(Number(given.t));
  else lanes.moveTo(times.length ? times[0] : 0);
  return {
    seek,
    redraw() {
      lanes.draw();
      if (chosen) choose(chosen, false);
    },
    close() {
      left = true;
      clearTimeout(timer);
      document.removeEventListener("keydown", onKey);
      player.video?.pause();
      curves?.plot?.destroy();
      corrections.close();
    },
  };
}

const nameOf = (track) => (isName(track.person) ? track.person : `track ${track.id}`);

// A lane for each name, and one for each person without a name.
function lanesOf(data) {
  const lanes = new Map();
  for (const track of data.tracks.filter((one) => !one.dropped)) {
    const name = !isName(track.person) && track.same_as ? `track ${track.same_as}` : nameOf(track);
    lanes.set(name, [...(lanes.get(name) || []), track]);
  }
  return [...lanes].map(([name, tracks]) => ({ name, tracks }));
}

// First and last place of each stretch without a gap.
function appearancesOf(track) {
  const found = [];
  for (const [from, to] of track.spans) {
    const last = found[found.length - 1];
    if (last && last[1] + 1 === from) last[1] = to;
    else found.push([from, to]);
  }
  return found;
}

function legend(data) {
  const item = (colour, text) => h("li", {}, h("i", { style: { background: colour } }), text);
  return h("ul", { class: "legend" }, data.labels.map((label) => item(colourOf(label), label)),
    item("var(--none)", "no expression"), h("li", {}, "hatched: filled in where the detector found no face"), h("li", {}, "ticks above: cuts"));
}

function facts(data, times) {
  const c = data.coverage, all = Math.max(1, c.rows);
  const table = (head, rows) => h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, head.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell)))))));
  const tracks = data.tracks.map((track) => [nameOf(track), clock(times[track.first], 1), clock(times[track.last], 1), duration(track.seconds),
    data.labels.map((label, i) => [label, track.expression_s[i] / track.seconds]).filter(([, share]) => share > 0).map(([label, share]) => `${label} ${percent(share)}`).join(", "), track.quality]);
  return h("section", {},
    h("h2", {}, "What was measured"),
    h("p", {}, `${plural(c.frames, "frame")}, ${c.frames_with_faces.toLocaleString("en")} with faces; the detector ran on ${c.frames_detected.toLocaleString("en")}. ` +
      `${plural(c.rows, "row")} of faces: ${percent(c.rows_filled / all)} filled in, ${percent(c.rows_without_expression / all)} without an expression.`),
    h("p", { class: "note" }, "An expression is what a face shows, not what a person feels."),
    (data.warnings || []).map((text) => h("p", { class: "bad" }, text)),
    h("details", {}, h("summary", {}, "All tracks as a table"), table(["Track", "From", "To", "On screen", "Expressions, share of that time", "Best quality"], tracks)),
    h("details", {}, h("summary", {}, "Models, settings and versions"),
      table(["Task", "Model", "Licence", "Trained on"], (data.models || []).map((model) => [model.task, model.name, model.licence || "", model.training_data || ""])),
      table(["Setting", "Value"], Object.entries(data.settings || {}).map(([name, value]) => [name, value === null ? "default" : String(value)])),
      table(["Library", "Version"], Object.entries(data.versions || {})),
      h("p", { class: "soft" }, `Made ${data.made?.at || ""}: `, h("code", {}, data.made?.command || ""))));
}
