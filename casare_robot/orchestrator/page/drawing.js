// Elements from data. Text is always text: nothing from a workflow becomes markup.
export function element(tag, facts = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (name.startsWith("on")) made[name] = value;
    else if (name === "style") made.style.cssText = value; // an attribute would break the content policy
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// Replaces what is there, but keeps the focus and the place in scrolled lists.
export function draw(place, children) {
  const focused = document.activeElement?.dataset?.keep;
  const caret = focused && document.activeElement.selectionStart;
  const scrolled = new Map([...place.querySelectorAll("[data-scroll]")].map((part) => [part.dataset.scroll, part]));
  const kept = new Map([...scrolled].map(([name, part]) => [name, [part.scrollTop, part.scrollTop + part.clientHeight >= part.scrollHeight - 4]]));
  place.replaceChildren(...[children].flat().filter(Boolean));
  for (const part of place.querySelectorAll("[data-scroll]")) {
    const [top, atEnd] = kept.get(part.dataset.scroll) ?? [0, true];
    part.scrollTop = atEnd ? part.scrollHeight : top;
  }
  if (focused) {
    const again = place.querySelector(`[data-keep="${focused}"]`);
    again?.focus();
    if (caret !== null) again?.setSelectionRange?.(caret, caret);
  }
}

export function shown(value) {
  return value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
}

export function took(seconds) {
  if (!(seconds >= 0)) return "";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function age(time, now) {
  const seconds = Math.max(0, (now - time) / 1000);
  if (seconds < 5) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86400 ? `${Math.floor(seconds / 3600)} h ago` : new Date(time).toLocaleDateString();
}
