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

// Makes what is there what it should be and touches nothing else, so that focus,
// selection and a click under way survive whatever news comes in.
export function draw(place, children) {
  const lists = [...place.querySelectorAll("[data-scroll]")];
  const atEnd = new Set(lists.filter((part) => part.scrollTop + part.clientHeight >= part.scrollHeight - 4));
  patchChildren(place, [children].flat().filter(Boolean));
  for (const part of place.querySelectorAll("[data-scroll]")) {
    if (atEnd.has(part) || !lists.includes(part)) part.scrollTop = part.scrollHeight;
  }
}

const HANDLERS = ["onclick", "oninput", "onchange"];

function patch(old, made) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== made.data) old.data = made.data;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (name !== "style" && !made.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of made.attributes) {
    if (name !== "style" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.style.cssText !== made.style.cssText) old.style.cssText = made.style.cssText;
  for (const name of HANDLERS) old[name] = made[name];
  patchChildren(old, [...made.childNodes]);
}

function patchChildren(parent, wanted) {
  const keyed = new Map([...parent.children].filter((child) => child.dataset.key).map((child) => [child.dataset.key, child]));
  let place = parent.firstChild;
  for (const made of wanted) {
    const key = made.dataset?.key;
    const old = key ? keyed.get(key) : place?.dataset?.key ? null : place;
    if (old && old.nodeName === made.nodeName) {
      if (old === place) place = place.nextSibling;
      else parent.insertBefore(old, place);
      patch(old, made);
    } else {
      parent.insertBefore(made, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
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
