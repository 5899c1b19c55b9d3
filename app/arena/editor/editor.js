// The field for code: what Streamlit calls, the keys, and the draft that the browser keeps.
//
// Python hears of the text when the field is left, as of any other field; each letter goes to the browser's own
// storage, so that a reload loses none. Nothing of the text is ever parsed or shown as anything but text.

const INDENT = "    ";
const fields = new WeakMap();

/** Called by Streamlit at first, and whenever the data or the theme changes. */
export default function render({ data, parentElement, setStateValue }) {
  let field = fields.get(parentElement);
  if (!field) {
    field = new Field(parentElement);
    fields.set(parentElement, field);
    field.report = setStateValue;
    field.open(data);
  } else {
    field.report = setStateValue;
    field.take(data);
  }
  return () => {
    field.tell();
    fields.delete(parentElement);
  };
}

class Field {
  constructor(root) {
    this.area = root.querySelector("textarea");
    this.numbers = root.querySelector(".numbers");
    this.leaving = false; // after Escape, Tab goes on to the next control
    this.area.addEventListener("input", () => this.typed());
    this.area.addEventListener("blur", () => this.tell());
    this.area.addEventListener("scroll", () => this.follow());
    this.area.addEventListener("keydown", (event) => this.pressed(event));
  }

  open(data) {
    this.data = data;
    this.told = data.text;
    this.show(data.own ? data.text : (this.kept() ?? data.text));
    this.tell();
  }

  take(data) {
    const anew = data.put !== this.data.put || data.place !== this.data.place;
    this.data = data;
    if (!anew) return;
    this.told = data.text;
    this.show(data.text);
    this.keep();
  }

  show(text) {
    this.area.value = text;
    this.area.maxLength = this.data.most;
    this.count();
  }

  typed() {
    this.count();
    this.keep();
  }

  count() {
    const lines = this.area.value.split("\n").length;
    if (lines === this.lines) return;
    this.lines = lines;
    this.numbers.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n");
    this.follow();
  }

  follow() {
    this.numbers.scrollTop = this.area.scrollTop;
  }

  tell() {
    const text = this.area.value;
    if (text === this.told) return;
    this.told = text;
    this.report("code", { put: this.data.put, text });
  }

  kept() {
    try {
      return localStorage.getItem(this.data.place);
    } catch {
      return null; // a browser that keeps nothing
    }
  }

  keep() {
    try {
      localStorage.setItem(this.data.place, this.area.value);
    } catch {
      // full or forbidden: the session still has it
    }
  }

  pressed(event) {
    const leaving = this.leaving;
    this.leaving = event.key === "Escape" || (leaving && event.key === "Shift");
    if (event.isComposing || leaving) return;
    if (event.key === "Tab" && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      this.indent(event.shiftKey);
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.tell();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.write(`\n${this.lineBefore().match(/^[ \t]*/)[0]}`);
    }
  }

  lineBefore() {
    const before = this.area.value.slice(0, this.area.selectionStart);
    return before.slice(before.lastIndexOf("\n") + 1);
  }

  /** Indent the lines of the selection, or take a step back of each. */
  indent(back) {
    const { value, selectionStart: start, selectionEnd: end } = this.area;
    if (!back && !value.slice(start, end).includes("\n")) {
      this.write(INDENT);
      return;
    }
    const first = value.lastIndexOf("\n", start - 1) + 1;
    const old = value.slice(first, end);
    const lines = old.split("\n").map((line) => (back ? line.replace(/^( {1,4}|\t)/, "") : INDENT + line));
    this.area.setSelectionRange(first, end);
    this.write(lines.join("\n"));
    this.area.setSelectionRange(lines.length > 1 ? first : this.area.selectionEnd, this.area.selectionEnd);
  }

  /** Put text in the place of the selection, so that the browser can undo it. */
  write(text) {
    if (!document.execCommand("insertText", false, text)) {
      this.area.setRangeText(text, this.area.selectionStart, this.area.selectionEnd, "end");
      this.typed();
    }
  }
}
