"use strict";
// The reverse of vidfx/report/codes.py.

function bytesOf(code) {
  return Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
}

function shortsOf(code) {
  const bytes = bytesOf(code);
  return Uint16Array.from({ length: bytes.length / 2 }, (_, i) => bytes[2 * i] | (bytes[2 * i + 1] << 8));
}

function sums(steps) {
  let sum = 0;
  return Float64Array.from(steps, (step) => (sum += step));
}

// Seconds of all frames.
function timesOf({ base, first_s, steps, code, frames }) {
  const tick = base[0] / base[1], times = new Float64Array(frames);
  let time = first_s, place = 0;
  if (frames) times[place++] = time;
  for (const step of code ? shortsOf(code) : []) {
    time += step * tick;
    if (step < 65535) times[place++] = time; // else it is added to the one after it
  }
  for (const [count, step] of steps || []) {
    for (let i = 0; i < count; i++) times[place++] = time += step * tick;
  }
  return times;
}

// The place of the last value that is not above `value`; 0 where all are.
function placeOf(values, value) {
  let low = 0, high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (values[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

// The boxes of a track: `at(place)` is [x1, y1, x2, y2] in px, or null where it has none.
class Boxes {
  constructor(track) {
    this.places = sums(track.boxes.at);
    this.sides = shortsOf(track.boxes.code);
    this.spans = track.spans;
  }

  at(place, times) {
    if (!this.spans.some(([from, to]) => from <= place && place <= to)) return null;
    const before = placeOf(this.places, place), after = Math.min(before + 1, this.places.length - 1);
    const [t0, t1] = [times[this.places[before]], times[this.places[after]]];
    const share = t1 > t0 ? Math.min(1, Math.max(0, (times[place] - t0) / (t1 - t0))) : 0;
    return [0, 1, 2, 3].map((side) => {
      const a = this.sides[4 * before + side], b = this.sides[4 * after + side];
      return (a + share * (b - a)) / 4;
    });
  }
}

// Of a curve of `labels`: [least, most] of each, 0..1 or null, at step number `i`.
class Curve {
  constructor(track, labels) {
    this.step = track.curve.step;
    this.first = track.first;
    this.values = bytesOf(track.curve.code);
    this.labels = labels;
    this.row = this.step > 1 ? 2 * labels : labels;
    this.length = this.values.length / this.row;
  }

  value(i, label) {
    const one = (place) => (this.values[place] === 255 ? null : this.values[place] / 254);
    const least = one(i * this.row + label);
    return this.step > 1 ? [least, one(i * this.row + this.labels + label)] : [least, least];
  }
}
