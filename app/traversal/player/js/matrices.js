// A, B and C: every element coloured by its misses, the lines in the cache outlined, what was touched and evicted.

import { heatColour, readableOn } from "./colours.js";
import { smaller } from "./layout.js";
import { lineIn } from "./replay.js";
import { runsOfLine, touchedAt } from "./trace.js";

const NUMBER_LEAST_PX = 15; // a smaller cell has no room for its number
const RIM_LEAST_PX = 5; // cells from this side on are set apart

/** All cells, at (x, y) of the block; what the canvas keeps in a layer of its own. */
export function paintHeat(surface, colours, lane, replay, box, x, y, most) {
  lane.operands.forEach((operand, number) => {
    const { cell } = box.matrices;
    const part = box.matrices.parts[number];
    surface.rect(x + part.x, y + part.y, operand.columns * cell, operand.rows * cell, colours.panel);
    for (let element = 0; element < operand.rows * operand.columns; element += 1) {
      if (cell < RIM_LEAST_PX && !replay.heat[number][element]) continue; // the panel shows it
      paintCell(surface, colours, lane, replay, box, x, y, most, number, element);
    }
  });
}

/** One cell: its heat, and the number of its misses where there is room. */
export function paintCell(surface, colours, lane, replay, box, x, y, most, operand, element) {
  const { cell, parts } = box.matrices;
  const { columns } = lane.operands[operand];
  const left = x + parts[operand].x + (element % columns) * cell;
  const top = y + parts[operand].y + Math.floor(element / columns) * cell;
  const misses = replay.heat[operand][element];
  const fill = heatColour(colours, misses, most);
  const rim = cell >= RIM_LEAST_PX ? 1 : 0;
  if (rim) surface.rect(left, top, cell, cell, colours.grid);
  surface.rect(left, top, cell - rim, cell - rim, fill);
  if (misses > 0 && cell >= NUMBER_LEAST_PX) {
    const size = (misses > 99 ? 0.45 : misses > 9 ? 0.58 : 0.72) * cell;
    const style = { size, fill: readableOn(fill, colours), align: "center" };
    surface.text(String(misses), left + (cell - rim) / 2, top + (cell - rim) / 2, style);
  }
}

/** Names and sizes, the lines in the first level, the line that left, and the element that was touched. */
export function paintMarks(surface, colours, lane, replay, box) {
  const { matrices, px } = box;
  const [x, y] = [box.x + matrices.x, box.y + matrices.y];
  lane.operands.forEach((operand, number) => {
    const part = matrices.parts[number];
    const style = { size: 1.15 * px, weight: 700, fill: colours.ink };
    surface.text(operand.name, x + part.x, y + 0.5 * matrices.title, style);
    const size = `${operand.rows} × ${operand.columns}`;
    if (part.width > 5.5 * px) {
      surface.text(size, x + part.x + part.width, y + 0.5 * matrices.title, {
        size: smaller(px), fill: colours.muted, align: "right",
      });
    }
  });
  const resident = [];
  for (const content of replay.ways[0]) {
    if (content >= 0) resident.push(...rectsOfLine(lane, lineIn(content), box));
  }
  if (matrices.cell >= RIM_LEAST_PX) surface.frames(resident, colours.hit, matrices.cell >= 10 ? 2 : 1);
  else for (const [left, top, width, height] of resident) surface.rect(left, top, width, height, `${colours.hit}80`);
  const touched = touchedAt(lane, replay.step);
  if (touched) paintTouched(surface, colours, lane, box, touched);
}

function paintTouched(surface, colours, lane, box, touched) {
  const { cell, parts } = box.matrices;
  if (touched.evicted >= 0) {
    const left = rectsOfLine(lane, touched.evicted, box);
    surface.frames(left, colours.background, 4);
    surface.frames(left, colours.evicted, 2, [5, 3]);
    surface.lines(left.flatMap(([x, y, w, h]) => [[x, y, x + w, y + h]]), colours.evicted, 1.5, [5, 3]);
  }
  const x = box.x + box.matrices.x + parts[touched.operand].x + touched.column * cell;
  const y = box.y + box.matrices.y + parts[touched.operand].y + touched.row * cell;
  const outer = Math.max(2, 0.09 * cell);
  const frame = [[x - outer, y - outer, cell - 1 + 2 * outer, cell - 1 + 2 * outer]];
  surface.frames(frame, colours.background, outer + 3);
  surface.frames(frame, colours.ink, outer + 1);
}

/** A line's elements as rectangles on the picture, a little inside their cells so that neighbours stay apart. */
function rectsOfLine(lane, line, box) {
  const { operand, byRows, runs } = runsOfLine(lane, 0, line);
  const { cell, parts, x, y } = box.matrices;
  const [inset, thin] = cell >= RIM_LEAST_PX ? [cell >= 10 ? 1.5 : 0.5, 0] : [0, 1];
  const part = parts[operand];
  return runs.map(({ major, minor, length }) => {
    const [row, column] = byRows ? [major, minor] : [minor, major];
    const [down, across] = byRows ? [1, length] : [length, 1];
    return [
      box.x + x + part.x + column * cell + inset,
      box.y + y + part.y + row * cell + inset,
      Math.max(across * cell - 2 * inset - 1, thin * across * cell),
      Math.max(down * cell - 2 * inset - 1, thin * down * cell),
    ];
  });
}
