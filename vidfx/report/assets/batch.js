"use strict";
// The page of all videos: totals, filters, and four views of what they leave.

const PAGE = 100;
const VIEWS = { videos: "Videos", hits: "Appearances", matrix: "Who appears where", people: "People", failed: "Not done" };
const COLUMNS = [
  ["name", "Video", (v) => v.name.toLowerCase()],
  ["seconds", "Length", (v) => v.seconds],
  ["people", "People", (v) => v.people.length],
  ["faces", "Tracks", (v) => v.tracks],
  ["shown", "On screen", (v) => v.shown],
  ["share", "Expressions", (v) => v.share.length ? v.share[0][1] : 0],
  ["warnings", "Warnings", (v) => v.warnings],
];

function showBatch(index, main) {
  const filters = { view: "videos", sort: "name", down: "", page: "0", q: "", person: "",
    expression: "", least: "", quality: "", unknown: "", ...state.read() };
  const labels = index.labels;
  const groups = new PeopleView(index, () => draw());
  const result = h("section", { "aria-live": "polite" });

  function update(changes, keepPage = false) {
    Object.assign(filters, keepPage ? {} : { page: "0" }, changes);
    state.replace(Object.fromEntries(Object.entries(filters).filter(([name, value]) =>
      value && !(name === "view" && value === "videos") && !(name === "sort" && value === "name") && value !== "0")));
    draw();
  }

  const search = h("input", { type: "search", placeholder: "Search names", "aria-label": "Search names of videos and people",
    value: filters.q, oninput: () => update({ q: search.value }) });
  const choice = (name, text, options) => {
    const select = h("select", { "aria-label": text, onchange: () => update({ [name]: select.value }) },
      h("option", { value: "" }, `${text}: all`),
      options.map((one) => h("option", { value: one, selected: filters[name] === one }, one)));
    return options.length ? select : null;
  };
  const number = (name, text, step) => {
    const input = h("input", { type: "number", min: 0, step, value: filters[name], oninput: () => update({ [name]: input.value }) });
    return h("label", {}, text, input);
  };
  const toggle = (name, text) => {
    const button = h("button", { type: "button", class: "chip", "aria-pressed": String(Boolean(filters[name])), onclick: () => {
      update({ [name]: filters[name] ? "" : "1" });
      button.setAttribute("aria-pressed", String(Boolean(filters[name])));
    } }, text);
    return button;
  };
  const views = Object.entries(VIEWS).map(([name, text]) => h("button", { type: "button", role: "tab", id: `view-${name}`,
    onclick: () => update({ view: name }) }, text));

  const people = [...index.people.keys()];
  main.replaceChildren(
    h("ul", { class: "totals" }, totals(index).map(([value, text]) => h("li", {}, h("b", {}, value), text))),
    h("form", { class: "bar", role: "search", onsubmit: (event) => event.preventDefault() },
      search, choice("person", "Person", people), choice("expression", "Expression", labels),
      number("least", "at least, s", 1), number("quality", "quality from", 0.1),
      toggle("unknown", "without a name only"),
      h("button", { type: "button", onclick: () => { location.hash = ""; } }, "Clear")),
    h("div", { class: "bar", role: "tablist", "aria-label": "View" }, views),
    result,
  );

  // The appearances of a video that the filters leave.
  function hitsOf(video) {
    return video.hits.filter((hit) =>
      (!filters.person || hit.person === filters.person) &&
      (!filters.unknown || !isName(hit.person)) &&
      (!filters.expression || hit.label === labels.indexOf(filters.expression)) &&
      hit.seconds >= Number(filters.least || 0) && hit.quality >= Number(filters.quality || 0));
  }

  function draw() {
    views.forEach((button) => button.setAttribute("aria-selected", String(button.id === `view-${filters.view}`)));
    const words = filters.q.toLowerCase();
    const narrowed = filters.person || filters.expression || filters.least || filters.quality || filters.unknown;
    const chosen = [];
    for (const video of index.videos) {
      if (words && !video.name.toLowerCase().includes(words) && !video.people.some(([name]) => name.toLowerCase().includes(words))) continue;
      const hits = hitsOf(video);
      if (narrowed && !hits.length) continue;
      chosen.push([video, hits]);
    }
    const draws = { videos: drawVideos, hits: drawHits, matrix: drawMatrix, people: (some) => groups.draw(some), failed: drawFailed };
    result.replaceChildren(...draws[Object.hasOwn(draws, filters.view) ? filters.view : "videos"](chosen));
  }

  const link = (video, time, text, more) => h("a", { href: state.link({ video: video.id, t: time ? linked(time) : "" }), ...more }, text);

  function pages(count) {
    const page = Math.min(Math.max(0, Math.trunc(filters.page) || 0), Math.max(0, Math.ceil(count / PAGE) - 1));
    const step = (by, text) => h("button", { type: "button", disabled: page + by < 0 || (page + by) * PAGE >= count,
      onclick: () => update({ page: String(page + by) }, true) }, text);
    const bar = count > PAGE ? h("nav", { class: "bar", "aria-label": "Pages" }, step(-1, "Back"),
      `${page * PAGE + 1} to ${Math.min(count, (page + 1) * PAGE)} of ${count.toLocaleString("en")}`, step(1, "Next")) : null;
    return [page * PAGE, (page + 1) * PAGE, bar];
  }

  function drawVideos(chosen) {
    const [name, , key] = COLUMNS.find(([one]) => one === filters.sort) || COLUMNS[0];
    const way = filters.down ? -1 : 1;
    chosen.sort(([a], [b]) => { const [x, y] = [key(a), key(b)]; return way * (x < y ? -1 : x > y ? 1 : 0); });
    const [from, to, bar] = pages(chosen.length);
    const heads = COLUMNS.map(([column, text]) => h("th", { scope: "col", class: ["seconds", "faces", "shown", "warnings"].includes(column) ? "number" : "", "aria-sort": column === name ? (way > 0 ? "ascending" : "descending") : "none" },
      h("button", { type: "button", onclick: () => update({ sort: column, down: column === filters.sort && !filters.down ? "1" : "" }) },
        text, column === name ? (way > 0 ? " ▲" : " ▼") : "")));
    const rows = chosen.slice(from, to).map(([video, hits]) => h("tr", {},
      h("td", {}, video.status === "done" ? link(video, hits.length && (filters.person || filters.expression) ? hits[0].from : 0, video.name) : [video.name, h("div", { class: video.status === "waiting" || video.status === "running" ? "soft" : "bad" }, video.status)]),
      h("td", { class: "number" }, video.status === "done" ? clock(video.seconds) : ""),
      h("td", {}, video.people.slice(0, 6).map(([person, seconds], i) => [i ? ", " : "", person, " ", h("span", { class: "soft" }, duration(seconds))]),
        video.people.length > 6 ? `, and ${video.people.length - 6} more` : ""),
      h("td", { class: "number" }, video.status === "done" ? video.tracks : ""),
      h("td", { class: "number" }, video.status === "done" ? duration(video.shown) : ""),
      h("td", {}, video.share.length ? shareBar(video.share, video.share.map(([label, share]) => `${label} ${percent(share)}`).join(", ")) : ""),
      h("td", { class: "number" }, video.warnings || "")));
    return [h("div", { class: "scroll" }, h("table", {}, h("caption", {}, plural(chosen.length, "video")), h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows))), bar].filter(Boolean);
  }

  function drawHits(chosen) {
    const hits = chosen.flatMap(([video, some]) => some.map((hit) => [video, hit]));
    const [from, to, bar] = pages(hits.length);
    const cards = hits.slice(from, to).map(([video, hit]) => {
      const label = hit.label < 0 ? "no expression" : `mostly ${labels[hit.label]}`;
      const who = isName(hit.person) ? hit.person : `track ${hit.track}`;
      return h("li", {}, face(video.sheet, hit.number, who), h("p", {},
        h("strong", {}, who), h("br"),
        link(video, hit.from, `${video.name}, ${clock(hit.from)}`), h("br"),
        h("span", { class: "soft" }, `${duration(hit.seconds)}, ${label}`)));
    });
    return [h("p", { class: "soft" }, plural(hits.length, "appearance")), h("ul", { class: "cards" }, cards), bar].filter(Boolean);
  }

  function drawMatrix(chosen) {
    const videos = chosen.filter(([video]) => video.people.length).slice(0, 80);
    const shown = people.filter((person) => videos.some(([video]) => video.people.some(([name]) => name === person))).slice(0, 60);
    if (!shown.length) return [h("p", { class: "note" }, "Nobody is named in these videos: see --recognition.")];
    const most = Math.max(...videos.flatMap(([video]) => video.people.map(([, seconds]) => seconds)));
    const rows = shown.map((person) => h("tr", {}, h("th", { scope: "row" }, person), videos.map(([video]) => {
      const found = video.people.find(([name]) => name === person);
      if (!found) return h("td");
      const hit = video.hits.find((one) => one.person === person);
      const text = `${person} in ${video.name}: ${duration(found[1])}`;
      return h("td", { style: { background: `color-mix(in srgb, var(--accent) ${Math.round(8 + 32 * (found[1] / most))}%, transparent)` } },
        link(video, hit ? hit.from : 0, duration(found[1]).replace(" ", "\u2009"), { title: text, "aria-label": text }));
    })));
    const heads = videos.map(([video]) => h("th", { scope: "col" }, video.name));
    return [h("div", { class: "scroll" }, h("table", { class: "heat" }, h("caption", {}, `Seconds of each person: ${plural(shown.length, "person", "people")} in ${plural(videos.length, "video")}`),
      h("thead", {}, h("tr", {}, h("td"), heads)), h("tbody", {}, rows)))];
  }

  function drawFailed(chosen) {
    const some = chosen.filter(([video]) => video.status !== "done");
    if (!some.length) return [h("p", { class: "note" }, "All videos of this folder are done.")];
    return [h("div", { class: "scroll" }, h("table", {}, h("caption", {}, plural(some.length, "video")),
      h("thead", {}, h("tr", {}, ["Video", "State", "Reason", "What to do"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, some.map(([video]) => h("tr", {}, h("td", {}, video.name), h("td", { class: video.status === "failed" ? "bad" : "" }, video.status),
        h("td", {}, video.error || ""), h("td", {}, video.hint || ""))))))];
  }

  draw();
}

const isName = (person) => Boolean(person) && person !== "unknown" && person !== "other";

function totals(index) {
  const done = index.videos.filter((video) => video.status === "done");
  const sum = (some, value) => some.reduce((all, one) => all + value(one), 0);
  const failed = index.videos.filter((video) => video.status === "failed").length;
  return [
    [done.length.toLocaleString("en"), done.length === 1 ? "video done" : "videos done"],
    ...(failed ? [[failed.toLocaleString("en"), "failed"]] : []),
    ...(index.videos.length - done.length - failed ? [[(index.videos.length - done.length - failed).toLocaleString("en"), "waiting or running"]] : []),
    [duration(sum(done, (video) => video.seconds)), "of video"],
    [sum(done, (video) => video.tracks).toLocaleString("en"), "tracks of faces"],
    ...(index.people.size ? [[index.people.size.toLocaleString("en"), index.people.size === 1 ? "person named" : "people named"]] : []),
  ];
}

// The compact rows of data/index.js as objects.
function readIndex(data) {
  const people = new Map();
  const videos = data.videos.map(([name, status, seconds, warnings, error, hint, sheet, share, hits]) => {
    const of = new Map();
    const found = hits.map(([number, track, person, from, shown, label, quality]) => {
      if (isName(data.names[person])) of.set(data.names[person], (of.get(data.names[person]) || 0) + shown);
      return { number, track, person: data.names[person], from, seconds: shown, label, quality };
    });
    for (const [person, shown] of of) people.set(person, (people.get(person) || 0) + shown);
    return { id: name, name, status, seconds, warnings, error, hint, hits: found,
      sheet: sheet ? [`faces/${pathOf(name)}.jpg`, sheet] : null,
      share: share.map(([label, part]) => [data.labels[label], part]),
      tracks: new Set(found.map((hit) => hit.track)).size,
      shown: found.reduce((all, hit) => all + hit.seconds, 0),
      people: [...of].sort((a, b) => b[1] - a[1]) };
  });
  return { ...data, videos, people: new Map([...people].sort((a, b) => b[1] - a[1])) };
}
