// Arithmetic on "#RRGGBB", and the ramp from no miss to the most.

function channels(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** `share` of the way from one colour to the other. */
export function mix(one, other, share) {
  const [a, b] = [channels(one), channels(other)];
  return `#${a.map((from, n) => Math.round(from + share * (b[n] - from)).toString(16).padStart(2, "0")).join("")}`;
}

function luminance(colour) {
  const [red, green, blue] = channels(colour).map((c) => {
    const part = c / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Whichever of ink and background is easier to read on `fill`. */
export function readableOn(fill, colours) {
  return contrast(fill, colours.ink) >= contrast(fill, colours.background) ? colours.ink : colours.background;
}

/** A cell with `misses` of at most `most`: from the panel through the misses' middle colour to their last one. */
export function heatColour(colours, misses, most) {
  if (misses === 0) return colours.panel;
  const share = 0.25 + (0.75 * misses) / Math.max(most, 4);
  return share <= 0.6
    ? mix(colours.panel, colours.capacity, share / 0.6)
    : mix(colours.capacity, colours.conflict, (share - 0.6) / 0.4);
}

/** The palette for the page's background: dark where that is dark. */
export function paletteFor(palettes, background) {
  const hex = /^#[0-9a-f]{6}$/i.test(background) ? background : "#FFFFFF";
  return luminance(hex) < 0.2 ? palettes.dark : palettes.light;
}
