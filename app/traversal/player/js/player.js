// The player: what Streamlit calls, the clock, the controls and the keys.
//
// Python sends the lanes once (they stay while `data.id` stays), and hears of the step only when it rests: after a
// pause, a step or the end of a scrub; a step outside the window is a question for the window that holds it. Steps
// count from the beginning of the traversal. The state stands on the root element as data attributes, for tests.

import { paletteFor } from "./colours.js";
import { Picture } from "./picture.js";
import { Replay } from "./replay.js";
import { ancestors, fullScreen, roomFor, save } from "./screen.js";
import { elementAt, spokenOf } from "./sentence.js";
import { missesAt, openLane, iterations, stepAt } from "./trace.js";
import { grouped } from "./words.js";

const REPORT_AFTER_MS = 400; // a burst of single steps is one report
const CALM_FRAME_MS = 250; // with reduced motion, the picture changes at most so often
const SPEAK_AT_MOST = 2; // steps a second up to which each one is said aloud

const players = new WeakMap();

/** Called by Streamlit at first, and whenever the data or the theme changes. */
export default function render({ data, parentElement, setStateValue }) {
  let player = players.get(parentElement);
  if (!player) {
    player = new Player(parentElement.querySelector(".player"));
    players.set(parentElement, player);
  }
  player.report = setStateValue;
  player.open(data);
  return () => {
    player.close();
    players.delete(parentElement);
  };
}

class Player {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.canvas = this.part("picture");
    this.id = null;
    this.step = 0;
    this.first = 0; // the window goes from this step to the last, of all there are
    this.last = 0;
    this.total = 0;
    this.playing = false;
    this.goesOn = false; // whether to play when the next window is here
    this.width = 0;
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#listen();
  }

  /** Show `data`: a new traversal, the same one at the step that a link asks for, or in another theme. */
  open(data) {
    const other = data.id !== this.id;
    const moved = other || data.asked !== this.asked;
    const background = getComputedStyle(this.root).getPropertyValue("--st-background-color").trim();
    this.larger = data.larger ?? 1;
    this.colours = paletteFor(data.palettes, background);
    this.root.style.colorScheme = this.colours === data.palettes.dark ? "dark" : "light";
    if (moved) this.pause(false);
    if (other) {
      this.id = data.id;
      this.lanes = data.lanes.map(openLane);
      this.first = Math.max(...this.lanes.map((lane) => lane.start));
      this.last = Math.max(...this.lanes.map((lane) => lane.start + lane.count));
      this.total = Math.max(...this.lanes.map((lane) => lane.total));
      this.picture = new Picture(this.lanes.map((lane) => new Replay(lane)), data.font, data.footer);
      this.iterations = iterations(this.lanes[0]).map((step) => step + this.lanes[0].start);
      Object.assign(this.part("scrub"), { min: this.first, max: this.last });
    }
    if (moved) {
      this.asked = data.asked;
      this.step = Math.max(this.first, Math.min(data.start, this.last));
      this.picture.goTo(this.step);
    }
    this.#fit();
    if (this.goesOn && this.step < this.last) this.play();
    this.goesOn = false;
  }

  close() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.reporting);
    this.resizes.disconnect();
    this.moves.disconnect();
    window.removeEventListener("resize", this.refit);
  }

  /** Show `step`, wherever the lanes are now. */
  goTo(step) {
    this.step = Math.max(this.first, Math.min(step, this.last));
    this.picture.goTo(this.step);
    this.picture.draw();
    this.#tell();
  }

  play() {
    if (this.playing || !this.total) return;
    if (this.step >= this.last) {
      const onward = this.last < this.total ? this.last + 1 : 0;
      const next = this.part("loop").checked ? this.first : onward;
      if (!this.#inWindow(next)) return this.#ask(next, true);
      this.goTo(next);
    }
    this.playing = true;
    this.due = 0;
    this.ticked = null;
    this.seconds = { began: performance.now(), frames: 0 };
    this.frame = requestAnimationFrame((now) => this.#tick(now));
    this.#tell();
  }

  pause(report = true) {
    this.playing = false;
    cancelAnimationFrame(this.frame);
    if (!this.picture) return;
    this.#tell();
    if (report) this.#reportSoon();
  }

  /** One frame: as many steps as are due at this speed. */
  #tick(now) {
    if (!this.playing) return;
    this.frame = requestAnimationFrame((next) => this.#tick(next));
    this.ticked ??= now;
    if (this.calm && now - this.ticked < CALM_FRAME_MS) return;
    this.due += ((now - this.ticked) / 1000) * this.speed;
    this.ticked = now;
    this.#countFrame(now);
    const steps = Math.floor(this.due);
    if (steps === 0) return;
    this.due -= steps;
    const loop = this.part("loop").checked;
    if (this.step + steps < this.last) this.goTo(this.step + steps);
    else if (loop && this.step === this.last) this.goTo(this.first);
    else {
      this.goTo(this.last);
      if (loop) return;
      this.pause(this.last === this.total);
      if (this.last < this.total) this.#ask(this.last + 1, true);
    }
  }

  /** Frames a second over the last second, for tests and reports. */
  #countFrame(now) {
    this.seconds.frames += 1;
    const passed = now - this.seconds.began;
    if (passed < 1000) return;
    this.root.dataset.fps = ((1000 * this.seconds.frames) / passed).toFixed(1);
    this.seconds = { began: now, frames: 0 };
  }

  get speed() {
    return 2 ** Number(this.part("speed").value);
  }

  // -- saying what is shown ------------------------------------------------------------------------------------

  /** Bring controls, attributes and the spoken sentence in line with the step. */
  #tell() {
    const misses = this.lanes.map((lane) => missesAt(lane, stepAt(lane, this.step)));
    Object.assign(this.root.dataset, {
      step: this.step,
      steps: this.total,
      window: `${this.first} ${this.last}`,
      playing: this.playing,
      misses: misses.join(" "),
    });
    const scrub = this.part("scrub");
    scrub.value = this.step;
    scrub.setAttribute("aria-valuetext", `access ${this.step} of ${this.total}`);
    this.part("counter").textContent = `${grouped(this.step)} / ${grouped(this.total)}`;
    this.part("play").setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.part("play").title = this.playing ? "Pause (space)" : "Play (space)";
    this.part("back").disabled = this.part("home").disabled = this.step === 0;
    this.part("next").disabled = this.part("end").disabled = this.step === this.total;
    if (!this.playing || this.speed <= SPEAK_AT_MOST) this.#say(misses);
  }

  #say(misses) {
    const text = spokenOf(this.lanes, this.step, misses);
    const live = this.part("sentence");
    if (live.textContent !== text) live.textContent = text;
    this.canvas.setAttribute("aria-label", `Step ${this.step} of ${this.total}. ${text}`);
    this.root.dataset.touched = this.lanes.map((lane) => elementAt(lane, this.step)).join(" ");
  }

  #reportSoon() {
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => this.#report(this.step), REPORT_AFTER_MS);
  }

  /** The time tells one report from another of the same step. */
  #report(step) {
    this.report("place", { id: this.id, step, at: Date.now() });
  }

  // -- controls ------------------------------------------------------------------------------------------------

  #listen() {
    const part = this.part;
    part("play").onclick = () => this.#toggle();
    part("back").onclick = () => this.#jump(this.step - 1);
    part("next").onclick = () => this.#jump(this.step + 1);
    part("home").onclick = () => this.#home();
    part("end").onclick = () => this.#end();
    part("scrub").oninput = () => {
      const step = Number(part("scrub").value);
      this.pause(false);
      this.goTo(step);
    };
    part("scrub").onchange = () => this.#reportSoon();
    part("speed").oninput = () => this.#sayspeed();
    part("full").onclick = () => fullScreen(this.root);
    part("full").hidden = !document.fullscreenEnabled;
    part("png").onclick = () => this.canvas.toBlob((blob) => this.#download(blob, "png"));
    part("svg").onclick = () => {
      const title = this.canvas.getAttribute("aria-label");
      this.#download(new Blob([this.picture.svg(title)], { type: "image/svg+xml" }), "svg");
    };
    this.root.onkeydown = (event) => this.#key(event);
    this.resizes = new ResizeObserver(() => this.#fit());
    this.resizes.observe(this.root);
    // What comes late above the picture moves it and resizes it not: that shows in what holds them both.
    this.moves = new ResizeObserver(() => this.#room() === this.fitted || this.#fit());
    for (const node of ancestors(this.root)) this.moves.observe(node);
    this.refit = () => this.#fit();
    window.addEventListener("resize", this.refit);
    this.#sayspeed();
  }

  #toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  #jump(step) {
    this.pause(false);
    if (!this.#inWindow(step)) return this.#ask(step, false);
    this.goTo(step);
    this.#reportSoon();
  }

  /** The window's start; from there, the beginning of all. */
  #home() {
    this.#jump(this.step > this.first ? this.first : 0);
  }

  #end() {
    this.#jump(this.step < this.last ? this.last : this.total);
  }

  #inWindow(step) {
    return step < 0 || step > this.total || (this.first <= step && step <= this.last);
  }

  /** Have Python send the window that holds `step`, and play on in it or not. */
  #ask(step, goesOn) {
    clearTimeout(this.reporting);
    this.goesOn = goesOn;
    this.#report(step);
  }

  #sayspeed() {
    const speed = this.speed;
    const text = speed < 10 ? Number(speed.toFixed(2)) : Math.round(speed);
    this.part("speedtext").textContent = `${text} / s`;
    this.part("speed").setAttribute("aria-valuetext", `${text} steps a second`);
    this.root.dataset.speed = speed;
  }

  /** Keys act wherever the focus is in the player, except where a control has its own use for them. */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const control = event.target.tagName === "INPUT" ? event.target.type : event.target.tagName;
    if (event.key === " " && (control === "BUTTON" || control === "checkbox")) return;
    if (event.key !== " " && control === "range") return;
    const act = {
      " ": () => this.#toggle(),
      ArrowRight: () => this.#jump(this.step + 1),
      ArrowLeft: () => this.#jump(this.step - 1),
      f: () => fullScreen(this.root),
      Home: () => this.#home(),
      End: () => this.#end(),
      PageDown: () => this.#jump(this.iterations.find((step) => step > this.step) ?? this.last + 1),
      PageUp: () => this.#jump(this.iterations.findLast((step) => step < this.step) ?? this.first - 1),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  #fit() {
    const width = this.canvas.parentElement.clientWidth;
    if (!this.picture || width < 50) return;
    this.fitted = this.#room();
    this.picture.fit(this.canvas, width, this.fitted, this.colours, this.larger);
    this.#tell();
  }

  #room() {
    return roomFor(this.root, this.canvas, this.part("transport"));
  }

  #download(blob, form) {
    save(blob, `traversal-${this.lanes.map((lane) => lane.file).join("-")}-step-${this.step}.${form}`);
  }
}
