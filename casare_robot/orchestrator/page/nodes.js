// What workflows can do: every node type with its effect and what it needs.
import { element } from "./drawing.js";

const EFFECTS = {
  pure: ["is-good", "computes"], reads: ["is-good", "reads"], idempotent: ["is-busy", "may be done again"],
  keyed: ["is-busy", "done once by its key"], once: ["is-warn", "once only"], depends: ["is-wait", "depends on settings"],
};

export function nodesView({ nodes, nodeSearch }, actions) {
  const back = element("a", { class: "crumb", "data-key": "crumb nodes", href: "#/" }, "← Overview");
  if (!nodes) return [back, element("div", { class: "panel empty" }, "Loading…")];
  const sought = nodeSearch.toLowerCase();
  const found = nodes.filter((node) => [node.name, node.category, node.needs].some((text) => text.toLowerCase().includes(sought)));
  const here = nodes.filter((node) => node.runs_here).length;
  return [back,
    element("div", { class: "tools", "data-key": "tools" }, element("h1", {}, "Nodes"),
      element("span", { class: "small quiet" }, `${here} of ${nodes.length} run on this machine`),
      element("input", { type: "search", placeholder: "Name, category or need", "aria-label": "Search nodes", value: nodeSearch, oninput: (event) => actions.nodeSearch(event.target.value) })),
    element("section", { class: "panel card nodes", "data-key": "list" }, found.length ? table(found) : element("p", { class: "small quiet" }, "No node is called so."))];
}

function table(nodes) {
  const heads = ["Node", "Category", "Effect", "In → out", "Needs"];
  return element("div", { class: "wide" }, element("table", {},
    element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, nodes.map(row))));
}

function row(node) {
  const [look, words] = EFFECTS[node.effect] ?? ["is-wait", ""];
  const needs = node.runs_here ? node.needs : [node.needs, node.why_not].filter(Boolean).join(", ");
  return element("tr", { "data-key": node.name },
    element("td", { class: "name" }, node.name.replace(/Node$/, "")),
    element("td", { class: "quiet" }, node.category),
    element("td", {}, words && element("span", { class: `badge ${look}`, "data-glyph": "●", title: node.effect }, words)),
    element("td", { class: "quiet small" }, `${node.inputs.join(", ") || "–"} → ${node.outputs.join(", ") || "–"}`),
    element("td", {}, node.runs_here ? needs : element("span", { class: "badge is-bad", "data-glyph": "✕" }, needs)));
}
