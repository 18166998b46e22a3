// Ask for an update of the part around this script when the time has come and the reader is not inside the part.
const READ =
  "[data-testid=stVegaLiteChart], [data-testid=stDataFrame], [data-testid=stDownloadButton], [data-testid=stTable], table, article, pre";
const WRITTEN = "textarea, [contenteditable=true], input:not([role=combobox], [type=checkbox], [type=radio])";
const AFTER_INPUT = 1000; // milliseconds
const LOST_AFTER = 20000; // milliseconds without an answer
const clocks = new WeakMap();

// Streamlit gathers what changes until its next setTimeout into one message, which updates one part or the page, but not
// both. A click between an ask and its message would be answered by the asking part alone: the control would look changed,
// and nothing else would change. So an ask is sent at once, and none is made while a message of the reader may be due.
function sendAtOnce(ask) {
  const later = window.setTimeout;
  window.setTimeout = (send) => { window.setTimeout = later; send(); return 0; };
  try { ask(); } finally { window.setTimeout = later; }
}

let lastInput = 0;
for (const kind of ["pointerdown", "pointerup", "keydown", "keyup", "click", "change"]) {
  window.addEventListener(kind, () => { lastInput = performance.now(); }, { capture: true });
}

// Until the browser has the page to which the reader goes, the answer to a part of the page that is left would empty it.
let leftAt = 0;
window.addEventListener("popstate", () => { leftAt = performance.now(); }, { capture: true });
window.addEventListener("click", ({ target }) => {
  if (target.closest?.("a[href]:not([target=_blank])")) leftAt = performance.now();
}, { capture: true });

function isLeft(clock) {
  return clock.drawn < leftAt && performance.now() - leftAt < LOST_AFTER;
}

function isHeld(part) {
  const selection = document.getSelection();
  const marked = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  const focused = part.querySelector(":focus-visible");
  const pointed = [...part.querySelectorAll(":hover")].some((element) => element.matches(READ));
  const opened = part.querySelector(".bw-post details[open]"); // an update would close it
  return document.hidden || marked || focused !== null || pointed || opened !== null;
}

// A server that has started again, or has forgotten the page, leaves an ask without an answer, and the page would look as
// before for ever. The part above every page asks too, and does not count: the editor of the page SQL may hold a text.
function isLost(part, clock) {
  const app = document.querySelector("[data-testid=stApp]");
  const answers = app.dataset.testConnectionState !== "CONNECTED" || app.dataset.testScriptState === "running";
  if (answers || part.matches(".st-key-live-generated")) clock.asked = undefined;
  return clock.asked !== undefined && performance.now() - clock.asked > LOST_AFTER && !isWriting();
}

function isWriting() {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at?.matches(WRITTEN) ?? false;
}

// Each redraw of the part calls this function, because `data.drawn` changes.
export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.host ?? parentElement;
  const clock = clocks.get(parentElement) ?? {};
  clocks.set(parentElement, clock);
  clearInterval(clock.timer);
  clock.asked = undefined;
  clock.drawn = performance.now();
  let due = performance.now() + data.every * 1000;
  const look = () => {
    const part = host.closest("[class*=st-key-live-]");
    if (!part) return;
    if (isLost(part, clock)) location.reload();
    if (performance.now() < due) return;
    const held = isHeld(part);
    part.toggleAttribute("data-held", held && !document.hidden);
    part.style.setProperty("--bw-held", JSON.stringify(data.held));
    if (held || isLeft(clock) || performance.now() - lastInput < AFTER_INPUT) return;
    clock.asked ??= performance.now();
    due = performance.now() + data.every * 1000;
    sendAtOnce(() => setTriggerValue("due", Date.now()));
  };
  const timer = setInterval(look, 500);
  clock.timer = timer;
  return () => clearInterval(timer); // of this run alone: a later one may have begun
}
