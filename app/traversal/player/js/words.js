// The outcomes by their numbers in a trace (accel_core/figures/drawing/outcomes.py), and numbers as people read them.

export const HIT = 0;
export const OUTCOMES = ["hit", "compulsory", "capacity", "conflict"];

/** 12345 as "12,345". */
export function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A share as "34 %"; two digits below 10 %. */
export function percent(part, whole) {
  if (!whole) return "-";
  const share = (100 * part) / whole;
  return `${share < 10 && share > 0 ? share.toFixed(1) : share.toFixed(0)} %`;
}

/** `text` in lines of at most `width`, broken between words; `widthOf(part)` measures. */
export function wrapped(text, width, widthOf) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (lines.at(-1) && widthOf(longer) > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}
