// The whole picture of a step, by the same routine on the page, in a PNG and in an SVG.

import { layoutPicture } from "./layout.js";
import { paintLevel } from "./levels.js";
import { paintCell, paintHeat, paintMarks } from "./matrices.js";
import { paintBars, paintFooter, paintHead, paintLegend, paintNest } from "./panels.js";
import { scoreOf } from "./sentence.js";
import { CanvasSurface, SvgSurface, widthOf } from "./surface.js";
import { missesAt, stepAt } from "./trace.js";

const LEGEND = [
  { kind: "touched", label: "touched" },
  { kind: "heat", label: "misses so far" },
  { kind: "hit", label: "in L1, hit" },
  { kind: "compulsory", label: "first touch" },
  { kind: "capacity", label: "capacity" },
  { kind: "conflict", label: "conflict" },
  { kind: "evicted", label: "just evicted" },
  { kind: "dirty", label: "written to" },
];
const HEAT_LATER = "misses in this window";
const MOST_SCALE = 3;

export class Picture {
  /** The lanes' current steps, drawn in the fonts of `family`; `footer` says what they are. */
  constructor(replays, family, footer) {
    this.replays = replays;
    this.lanes = replays.map((replay) => replay.lane);
    this.family = family;
    this.footer = footer;
    this.most = Math.max(...this.lanes.map((lane) => lane.hottest));
    this.layers = [];
  }

  /** Lay everything out for `width` CSS pixels on `canvas`, within `height` of them if it can be, and draw it.
   *
   * In a lecture hall it is laid out for fewer pixels, each so many times as `larger`.
   */
  fit(canvas, width, height, colours, larger) {
    this.colours = colours;
    this.larger = larger;
    const measure = (text, size, mono = false) => widthOf(this.family, text, { size, weight: 600, mono });
    this.layout = layoutPicture(
      this.lanes, width / larger, height / larger, this.#legend(), this.footer, measure, larger,
    );
    const scale = larger * Math.min(window.devicePixelRatio || 1, MOST_SCALE);
    canvas.style.height = `${larger * this.layout.height}px`;
    this.surface = new CanvasSurface(canvas, this.family, width / larger, this.layout.height, scale);
    this.layers = this.replays.map((replay, number) => this.#layer(replay, this.layout.boxes[number], scale));
    this.draw();
  }

  /** Move every lane to where it is after `accesses`; only the cells whose heat changes are painted again. */
  goTo(accesses) {
    this.replays.forEach((replay, number) => {
      const changed = new Map();
      const step = stepAt(replay.lane, accesses);
      replay.goTo(step, (operand, element) => changed.set(operand * 2 ** 24 + element, [operand, element]));
      const layer = this.layers[number];
      if (!layer) return;
      for (const [operand, element] of changed.values()) {
        const box = this.layout.boxes[number];
        paintCell(layer, this.colours, replay.lane, replay, box, 0, 0, this.most, operand, element);
      }
    });
  }

  /** Draw the current step on the canvas. */
  draw() {
    this.#paint(this.surface, (box, number) => {
      const { x, y, width, height } = box.matrices;
      this.surface.image(this.layers[number].canvas, box.x + x, box.y + y, width, height);
    });
  }

  /** The current step as an SVG file's text. */
  svg(title) {
    const { width, height } = this.layout;
    const surface = new SvgSurface(this.family, width, height, title, this.larger);
    this.#paint(surface, (box, number) => {
      const replay = this.replays[number];
      const [x, y] = [box.x + box.matrices.x, box.y + box.matrices.y];
      paintHeat(surface, this.colours, replay.lane, replay, box, x, y, this.most);
    });
    return surface.toString();
  }

  #legend() {
    const later = this.lanes.some((lane) => lane.start > 0);
    return later ? LEGEND.map((one) => (one.kind === "heat" ? { ...one, label: HEAT_LATER } : one)) : LEGEND;
  }

  #layer(replay, box, scale) {
    const { width, height } = box.matrices;
    const layer = new CanvasSurface(document.createElement("canvas"), this.family, width, height, scale);
    layer.rect(0, 0, width, height, this.colours.background);
    paintHeat(layer, this.colours, replay.lane, replay, box, 0, 0, this.most);
    return layer;
  }

  #paint(surface, heat) {
    const { colours, layout } = this;
    surface.rect(0, 0, layout.width, layout.height, colours.background);
    this.#paintScore(surface);
    this.replays.forEach((replay, number) => {
      const box = layout.boxes[number];
      heat(box, number);
      paintHead(surface, colours, replay.lane, replay, box);
      paintMarks(surface, colours, replay.lane, replay, box);
      box.levels.forEach((_, level) => paintLevel(surface, colours, replay.lane, replay, box, level));
      paintNest(surface, colours, replay.lane, replay, box);
      paintBars(surface, colours, replay.lane, replay, box);
    });
    paintLegend(surface, colours, layout.legend);
    paintFooter(surface, colours, layout.footer);
  }

  /** Who is ahead, over both lanes, and the rule between them. */
  #paintScore(surface) {
    const { colours, layout, lanes, replays } = this;
    if (lanes.length < 2) return;
    const misses = replays.map((replay) => missesAt(replay.lane, replay.step));
    const score = scoreOf(lanes.map((lane) => lane.title), misses);
    const style = { size: 1.25 * layout.px, weight: 700, fill: colours.ink, align: "center" };
    surface.text(score, layout.width / 2, 0.9 * layout.px, style);
    const middle = layout.width / 2;
    const bottom = layout.legend.y - 0.6 * layout.px;
    if (layout.beside) surface.lines([[middle, layout.top, middle, bottom]], colours.grid, 2);
  }
}
