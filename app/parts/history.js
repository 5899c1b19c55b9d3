// One press of Back: one page, with its own settings.
//
// Streamlit makes an entry of the browser's history when it clears the settings of a page that is left, and one
// for the page that comes; coming back, it may draw the page before it has its settings. So what a page that is
// being left writes into the address is dropped, a change of settings makes no entry of its own, and after Back
// or Forward the page is loaded anew, by its address.
(() => {
  if (window.accelHistory) return;
  window.accelHistory = true;
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  const path = (url) => new URL(url ?? location.href, location.href).pathname;
  let leavingTo = null;

  const written = (write) => (state, title, url) => {
    if (path(url) !== location.pathname) {
      leavingTo = null;
      return write(state, title, url);
    }
    if (leavingTo === null) replace(state, title, url);
  };
  history.pushState = written(push);
  history.replaceState = written(replace);

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const plain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || link.target === "_blank" || link.origin !== location.origin) return;
    if (link.pathname === location.pathname) return;
    leavingTo = link.pathname;
    setTimeout(() => { leavingTo = null; }, 5000); // whatever kept it from leaving
  }, true);
  window.addEventListener("popstate", () => location.reload());
})();
