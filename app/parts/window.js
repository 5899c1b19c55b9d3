// What the app has to do with the browser's window.
//
// One press of Back: one page, with its own settings.
//
// Streamlit makes an entry of the browser's history when it clears the settings of a page that is left, and one
// for the page that comes; coming back, it may draw the page before it has its settings. So what a page that is
// being left writes into the address is dropped, a change of settings makes no entry of its own, and after Back
// or Forward the page is loaded anew, by its address. A lesson is as a page: to press what opens one makes an entry.
(() => {
  if (window.accelHistory) return;
  window.accelHistory = true;
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  const path = (url) => new URL(url ?? location.href, location.href).pathname;
  const lesson = (url) => new URL(url ?? location.href, location.href).searchParams.get("lesson");
  const SOON_MS = 5000;
  let leavingTo = null;
  let pressed = -Infinity;

  const written = (write) => (state, title, url) => {
    if (path(url) !== location.pathname) {
      leavingTo = null;
      return write(state, title, url);
    }
    if (leavingTo !== null) return;
    const opens = lesson(url) !== lesson() && performance.now() - pressed < SOON_MS;
    (opens ? push : replace)(state, title, url);
  };
  history.pushState = written(push);
  history.replaceState = written(replace);

  document.addEventListener("click", (event) => {
    pressed = performance.now();
    const link = event.target.closest?.("a[href]");
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || link.target === "_blank" || link.origin !== location.origin) return;
    if (link.pathname === location.pathname) return;
    leavingTo = link.pathname;
    setTimeout(() => { leavingTo = null; }, SOON_MS); // whatever kept it from leaving
  }, true);
  window.addEventListener("popstate", () => location.reload());

  // The server lays figures out for a width. It learns the room that a narrow window leaves from a cookie, which
  // comes with the next load; so a page that was laid out for another room is loaded once more.
  const room = () => {
    const block = document.querySelector('[data-testid="stMainBlockContainer"]');
    if (!block) return 0;
    const style = getComputedStyle(block);
    return block.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  };
  const note = () => {
    const width = room() >= BESIDE ? ROOMS.at(-1) : Math.max(ROOMS[0], ...ROOMS.filter((one) => one <= room()));
    document.cookie = `accel_room=${width}; path=/; SameSite=Lax`;
    return width;
  };
  window.addEventListener("resize", note);
  const ONCE = "accel drawn anew"; // where cookies are refused, once is enough
  try {
    if (!room()) return;
    if (note() === DRAWN_FOR) sessionStorage.removeItem(ONCE); // another tab may have said another room since
    else if (!sessionStorage.getItem(ONCE)) {
      sessionStorage.setItem(ONCE, "1");
      location.reload();
    }
  } catch {
    // a browser that keeps nothing for this page: it is drawn for a usual window
  }
})();
