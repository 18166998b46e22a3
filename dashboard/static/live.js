// Ask for an update of the part around this script when the time has come and the reader is not inside the part.
const READ = "[data-testid=stVegaLiteChart], [data-testid=stDataFrame], [data-testid=stTable], table, article, pre";
const clocks = new WeakMap();

function isHeld(part) {
  const selection = document.getSelection();
  const marked = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  const focused = part.querySelector(":focus-visible");
  const pointed = [...part.querySelectorAll(":hover")].some((element) => element.matches(READ));
  return document.hidden || marked || focused !== null || pointed;
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
    // Streamlit sends what is asked for at one moment as one message, which can update one part only.
    if (held || performance.now() - (globalThis.askedAt ?? 0) < 200) return;
    globalThis.askedAt = performance.now();
    due = performance.now() + data.every * 1000;
    setTriggerValue("due", Date.now());
  };
  clock.timer = setInterval(look, 500);
  return () => clearInterval(clock.timer);
}
