// Ask for an update of the part around this script when the time has come and the reader is not inside the part.
const READ = "[data-testid=stVegaLiteChart], [data-testid=stDataFrame], [data-testid=stTable], table, article, pre";
const AFTER_INPUT = 1000; // milliseconds
const clocks = new WeakMap();

// Streamlit sends what changes at one moment as one message, which updates one part or the page, but not both. So no two
// parts ask at one moment, and none asks beside a click or a key.
let isAsked = false;
let lastInput = 0;
for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => { lastInput = performance.now(); }, { capture: true });
}

function isHeld(part) {
  const selection = document.getSelection();
  const marked = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  const focused = part.querySelector(":focus-visible");
  const pointed = [...part.querySelectorAll(":hover")].some((element) => element.matches(READ));
  const opened = part.querySelector(".bw-post details[open]"); // an update would close it
  return document.hidden || marked || focused !== null || pointed || opened !== null;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const host = parentElement.host ?? parentElement;
  const clock = clocks.get(parentElement) ?? {};
  clocks.set(parentElement, clock);
  clearInterval(clock.timer);
  let due = performance.now() + data.every * 1000;
  const look = () => {
    const part = host.closest("[class*=st-key-live-]");
    if (!part || performance.now() < due) return;
    const held = isHeld(part);
    part.toggleAttribute("data-held", held && !document.hidden);
    part.style.setProperty("--bw-held", JSON.stringify(data.held));
    if (held || isAsked || performance.now() - lastInput < AFTER_INPUT) return;
    isAsked = true;
    due = performance.now() + data.every * 1000;
    setTriggerValue("due", Date.now());
    setTimeout(() => { isAsked = false; }, 1); // Streamlit sends before this
  };
  clock.timer = setInterval(look, 500);
  return () => clearInterval(clock.timer);
}
