// The player and the screen around it: the room that it has, the whole screen for it, files from it.

/** The height between the top of the picture, where the page is not scrolled, and the transport bar. */
export function roomFor(root, canvas, transport) {
  let top = canvas.getBoundingClientRect().top + root.scrollTop;
  for (const node of ancestors(root)) top += node.scrollTop;
  return window.innerHeight - top - transport.offsetHeight;
}

/** The elements that hold `root`, from the inmost out, also across the edge of a shadow tree. */
export function ancestors(root) {
  const found = [];
  for (let node = above(root); node; node = above(node)) found.push(node);
  return found;
}

function above(node) {
  return node.parentElement ?? node.getRootNode().host;
}

/** The player alone on the screen, for a hall, or back on the page. */
export function fullScreen(root) {
  if (document.fullscreenElement) document.exitFullscreen();
  else root.requestFullscreen().catch(() => {}); // a browser may forbid it: the page stays as it is
}

/** Hand `blob` to the reader as a file. */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
