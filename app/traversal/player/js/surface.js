// Where a picture is drawn: on a canvas or into an SVG, by the same calls.
//
// Lengths are CSS pixels; a colour is any CSS colour; `text` takes {size, fill, align, weight, mono}, with y the
// middle of the line. A hatch is drawn over a filled rectangle: "dots", "lines", "cross" or "none".

const MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';
const HATCH_PX = 6;
let measuring = null;

function fontOf(family, { size, weight = 400, mono = false }) {
  return `${weight} ${size}px ${mono ? MONO : family}`;
}

/** The width of `text` in pixels. */
export function widthOf(family, text, style) {
  measuring ??= document.createElement("canvas").getContext("2d");
  measuring.font = fontOf(family, style);
  return measuring.measureText(text).width;
}

/** The lines [x1, y1, x2, y2] of a hatch in a rectangle; a dot is a short one. */
function hatchLines(x, y, width, height, kind) {
  const lines = [];
  const clip = (from, slope) => {
    const low = Math.max(0, slope > 0 ? from : from - height);
    const high = Math.min(width, slope > 0 ? from + height : from);
    const at = (across) => (slope > 0 ? across - from : from - across);
    if (high > low) lines.push([x + low, y + at(low), x + high, y + at(high)]);
  };
  if (kind === "lines" || kind === "cross") {
    for (let from = HATCH_PX / 2; from < width + height; from += HATCH_PX) clip(from, -1);
  }
  if (kind === "cross") {
    for (let from = HATCH_PX / 2 - height; from < width; from += HATCH_PX) clip(from, 1);
  }
  if (kind === "dots") {
    for (let down = 3; down < height - 1; down += HATCH_PX) {
      for (let across = 3; across < width - 1; across += HATCH_PX) {
        lines.push([x + across - 0.9, y + down, x + across + 0.9, y + down]);
      }
    }
  }
  return lines;
}

export class CanvasSurface {
  /** On `canvas`, which is set to width x height CSS pixels at the screen's own resolution. */
  constructor(canvas, family, width, height, scale) {
    this.family = family;
    this.canvas = canvas;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    this.scale = scale;
    this.pen = canvas.getContext("2d");
    this.pen.setTransform(scale, 0, 0, scale, 0, 0);
  }

  width(text, style) {
    return widthOf(this.family, text, style);
  }

  rect(x, y, width, height, fill) {
    this.pen.fillStyle = fill;
    this.pen.fillRect(x, y, width, height);
  }

  /** Outlines of many rectangles [x, y, width, height] in one stroke. */
  frames(rects, stroke, lineWidth, dash = []) {
    this.pen.beginPath();
    for (const [x, y, width, height] of rects) this.pen.rect(x, y, width, height);
    this.#stroke(stroke, lineWidth, dash);
  }

  lines(segments, stroke, lineWidth, dash = []) {
    this.pen.beginPath();
    for (const [x1, y1, x2, y2] of segments) {
      this.pen.moveTo(x1, y1);
      this.pen.lineTo(x2, y2);
    }
    this.#stroke(stroke, lineWidth, dash);
  }

  hatch(x, y, width, height, kind, stroke) {
    const lines = hatchLines(x, y, width, height, kind);
    if (lines.length) this.lines(lines, stroke, kind === "dots" ? 1.8 : 1.2);
  }

  text(text, x, y, style) {
    this.pen.font = fontOf(this.family, style);
    this.pen.fillStyle = style.fill;
    this.pen.textAlign = style.align ?? "left";
    this.pen.textBaseline = "middle";
    this.pen.fillText(text, x, y);
  }

  /** Another canvas of the same scale, with its corner at (x, y). */
  image(canvas, x, y, width, height) {
    this.pen.drawImage(canvas, x, y, width, height);
  }

  #stroke(stroke, lineWidth, dash) {
    this.pen.strokeStyle = stroke;
    this.pen.lineWidth = lineWidth;
    this.pen.setLineDash(dash);
    this.pen.stroke();
  }
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text) => String(text).replace(/[&<>"]/g, (letter) => ESCAPES[letter]);
const short = (number) => Number(number.toFixed(2));

export class SvgSurface {
  constructor(family, width, height, title, larger) {
    this.family = family;
    this.head =
      `<svg xmlns="http://www.w3.org/2000/svg" width="${short(larger * width)}" height="${short(larger * height)}" ` +
      `viewBox="0 0 ${short(width)} ${short(height)}" role="img"><title>${escaped(title)}</title>`;
    this.parts = [];
  }

  width(text, style) {
    return widthOf(this.family, text, style);
  }

  rect(x, y, width, height, fill) {
    this.parts.push(
      `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" fill="${fill}"/>`,
    );
  }

  frames(rects, stroke, lineWidth, dash = []) {
    const path = rects.map(
      ([x, y, width, height]) => `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}z`,
    );
    this.#path(path, stroke, lineWidth, dash);
  }

  lines(segments, stroke, lineWidth, dash = []) {
    const path = segments.map(([x1, y1, x2, y2]) => `M${short(x1)} ${short(y1)}L${short(x2)} ${short(y2)}`);
    this.#path(path, stroke, lineWidth, dash);
  }

  hatch(x, y, width, height, kind, stroke) {
    const lines = hatchLines(x, y, width, height, kind);
    if (lines.length) this.lines(lines, stroke, kind === "dots" ? 1.8 : 1.2);
  }

  text(text, x, y, { size, fill, align = "left", weight = 400, mono = false }) {
    const anchor = { left: "start", center: "middle", right: "end" }[align];
    const family = escaped(mono ? MONO : this.family);
    const font = `font-size="${short(size)}" font-weight="${weight}" font-family="${family}"`;
    const place = `x="${short(x)}" y="${short(y + 0.35 * size)}" text-anchor="${anchor}" xml:space="preserve"`;
    this.parts.push(`<text ${place} ${font} fill="${fill}">${escaped(text)}</text>`);
  }

  toString() {
    return `${this.head}${this.parts.join("")}</svg>`;
  }

  #path(path, stroke, lineWidth, dash) {
    if (!path.length) return;
    const dashes = dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : "";
    this.parts.push(
      `<path d="${path.join("")}" fill="none" stroke="${stroke}" stroke-width="${lineWidth}"${dashes}/>`,
    );
  }
}
