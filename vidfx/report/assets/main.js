"use strict";
// Which page the address asks for, and the data that it needs.

const loaded = { index: null, videos: new Map(), single: null, served: null };
// What the files with data call.
const vidfx = {
  index: (data) => {
    Object.assign(palette, data.colours);
    loaded.index = readIndex(data);
  },
  video: (data) => {
    Object.assign(palette, data.colours);
    loaded.videos.set(data.id, data);
  },
  single: (data) => {
    Object.assign(palette, data.colours);
    loaded.single = data;
  },
  serve: (addresses) => { loaded.served = addresses; },
};
const nothing = { close() {}, seek() {}, redraw() {} };
let page = nothing;
let shown = "";

function load(path) {
  return new Promise((done, failed) => {
    document.head.append(h("script", { src: path, onload: done, onerror: () => failed(new Error(`${path} is missing`)) }));
  });
}

async function route() {
  const main = document.querySelector("main"), title = document.querySelector("h1"), back = document.querySelector("#back");
  const { video, t } = state.read();
  const key = loaded.single ? "single" : video || "";
  if (key && key === shown) {
    if (t) page.seek(Number(t));
    return;
  }
  page.close();
  page = nothing;
  shown = key;
  try {
    if (key) {
      if (!loaded.single && !loaded.videos.has(video)) {
        if (!loaded.index.videos.some((one) => one.id === video)) throw new Error(`no video of this report is called ${video}`);
        await load(`data/${pathOf(video)}.js`);
        if (shown !== key) return; // another page was asked for in the meantime
      }
      const data = loaded.single || loaded.videos.get(video);
      title.textContent = document.title = data.name;
      back.hidden = Boolean(loaded.single);
      page = showVideo(data, main, Boolean(loaded.single));
    } else {
      title.textContent = document.title = loaded.index.title;
      back.hidden = true;
      showBatch(loaded.index, main);
    }
  } catch (error) {
    main.replaceChildren(h("p", { class: "bad", role: "alert" }, String(error.message)));
  }
}

// Canvases keep their colours; paper is light.
function paper(isPrinted) {
  document.documentElement.style.colorScheme = isPrinted ? "light" : "";
  page.redraw();
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.redraw());
addEventListener("beforeprint", () => paper(true));
addEventListener("afterprint", () => paper(false));
addEventListener("hashchange", route);
addEventListener("DOMContentLoaded", route);
