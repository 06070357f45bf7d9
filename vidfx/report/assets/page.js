"use strict";
// What all pages need: elements, colours, times, and the state in the address.

const palette = {}; // of expressions; the data has them

const colourOf = (label) => palette[label] || "var(--none)";

// An element with properties and children; text is always text, never markup.
function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function clock(seconds, digits = 0) {
  const unit = 10 ** digits, all = Math.floor(seconds * unit + 1e-6) / unit;
  const hours = Math.floor(all / 3600), minutes = Math.floor(all / 60) % 60;
  const rest = (all % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function duration(seconds) {
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const all = Math.round(seconds);
  if (all < 600) return all % 60 ? `${Math.floor(all / 60)} min ${all % 60} s` : `${all / 60} min`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Number((seconds / 3600).toFixed(1))} h`;
}

// A time as links have it: not before the frame that begins then.
const linked = (seconds) => (Math.ceil(seconds * 1000 - 1e-3) / 1000).toFixed(3);

// A colour of the style sheet, as a canvas takes it.
function colourNamed(name) {
  const probe = document.querySelector("main");
  probe.style.outlineColor = `var(${name})`;
  return getComputedStyle(probe).outlineColor;
}

const percent = (share) => `${Math.round(100 * share)} %`;
const plural = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

// A bar of coloured shares, with the same as text.
function shareBar(parts, text) {
  const bar = h("div", { class: "share", role: "img", "aria-label": text, title: text });
  for (const [label, share] of parts) {
    bar.append(h("span", { style: { width: `${100 * share}%`, background: colourOf(label) } }));
  }
  return bar;
}

// A name below a folder as a part of an address.
const pathOf = (name) => name.split("/").map(encodeURIComponent).join("/");

// A face of the picture that has all faces of a video in a row.
function face(sheet, number, label) {
  const style = sheet && number !== null && number !== undefined && number < sheet[1] ? {
    backgroundImage: `url("${sheet[0]}")`,
    backgroundSize: `${sheet[1] * 100}% 100%`,
    backgroundPosition: `${sheet[1] > 1 ? (100 * number) / (sheet[1] - 1) : 0}% 0`,
  } : {};
  return h("div", { class: "face", role: "img", "aria-label": label, style });
}

// The state is in the address after #, so that a link opens what its sender saw.
const state = {
  read() {
    return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  },
  link(values) {
    const kept = Object.entries(values).filter(([, value]) => value !== "" && value !== null && value !== undefined);
    return `#${new URLSearchParams(kept)}`;
  },
  // Change the address without a step in the history.
  replace(values) {
    history.replaceState(null, "", state.link(values));
  },
};
