// What is seen, as a function of what is known.
import { age, element, shown, took } from "./drawing.js";
import { groupList, strategyLine } from "./groups.js";

const JOB_LOOKS = {
  queued: ["…", "is-wait", "waiting"], assigned: ["→", "is-wait", "assigned"], running: ["▶", "is-busy", "running"],
  completed: ["✓", "is-good", "completed"], failed: ["✕", "is-bad", "failed"], cancelled: ["⊘", "is-wait", "cancelled"],
  timed_out: ["⏱", "is-bad", "timed out"], needs_attention: ["!", "is-warn", "needs you"], expired: ["⌛", "is-wait", "expired"],
};
const ROBOT_LOOKS = {
  idle: ["✓", "is-good", "idle"], executing: ["▶", "is-busy", "executing"], paused: ["‖", "is-warn", "paused"],
  draining: ["‖", "is-warn", "draining"], starting: ["↻", "is-wait", "starting"], stopping: ["‖", "is-wait", "stopping"],
  error: ["!", "is-bad", "error"], offline: ["○", "is-bad", "offline"],
};
const FILTERS = {
  all: ["All", () => true],
  waiting: ["Waiting", (job) => job.status === "queued" || job.status === "assigned"],
  running: ["Running", (job) => job.status === "running"],
  attention: ["Needs you", (job) => job.status === "needs_attention"],
  failed: ["Failed", (job) => job.status === "failed" || job.status === "timed_out"],
  done: ["Completed", (job) => job.status === "completed"],
};
const MOST_ROWS = 200;
const OPEN = new Set(["queued", "assigned", "running"]);

const time = (text) => (text ? Date.parse(text) : NaN);
const when = (text) => (text ? new Date(text).toLocaleString() : "");

function badge([glyph, look, word] = ["?", "is-wait", "unknown"]) {
  return element("span", { class: `badge ${look}`, "data-glyph": glyph }, word);
}

const newest = (jobs) => [...jobs.values()].sort((a, b) => time(b.created_at) - time(a.created_at));

export function summary({ robots, jobs }) {
  const connected = [...robots.values()].filter((robot) => robot.connected).length;
  const count = (name) => [...jobs.values()].filter(FILTERS[name][1]).length;
  const chip = (number, words, look) => element("li", { class: look }, element("b", {}, String(number)), ` ${words}`);
  return [
    chip(`${connected}/${robots.size}`, "robots", connected < robots.size ? "is-warn" : ""),
    chip(count("running"), "running"), chip(count("waiting"), "waiting"),
    count("attention") ? chip(count("attention"), "need you", "is-warn") : null,
  ].filter(Boolean);
}

export function overview(state, actions) {
  return element("div", { class: "columns", "data-key": "overview" },
    element("div", {}, robotList(state, actions), strategyLine(state.fleet), groupList(state)), jobList(state, actions));
}

function robotList({ robots, jobs, now }, actions) {
  const cards = [...robots.values()].sort((a, b) => (a.name || a.robot_id).localeCompare(b.name || b.robot_id))
    .map((robot) => robotCard(robot, jobs, now, actions));
  const none = element("div", { class: "panel empty" }, "No robot yet.");
  return element("section", {},
    element("div", { class: "tools" }, element("h2", {}, "Robots"), element("button", { class: "plain", onclick: actions.addRobot }, "Add a robot")),
    element("div", { class: "robots" }, cards.length ? cards : none));
}

function robotCard(robot, jobs, now, actions) {
  const state = robot.connected ? robot.state : "offline";
  const current = (robot.current_jobs ?? []).map((id) =>
    element("a", { class: "job small", href: `#/jobs/${encodeURIComponent(id)}` }, `▶ ${jobs.get(id)?.name || id}`));
  const belongs = [robot.environment, ...(robot.tags ?? [])].filter(Boolean).join(" · ");
  const paused = robot.state === "paused" || robot.state === "draining";
  return element("article", { class: `panel robot ${state}`, "data-key": robot.robot_id },
    element("div", { class: "top" }, element("span", { class: "name", title: `${robot.name || ""} (${robot.robot_id})` }, robot.name || robot.robot_id), badge(ROBOT_LOOKS[state])),
    current,
    element("div", { class: "facts small quiet" },
      element("span", { title: "last heartbeat" }, `♥ ${age(robot.seen ?? now - 1000 * (robot.heartbeat_age ?? 0), now)}`),
      element("span", { class: "tags", title: belongs }, belongs),
      robot.connected && element("button", { class: "plain", "aria-label": `${paused ? "Resume" : "Pause"} ${robot.name || robot.robot_id}`, onclick: () => actions.robot(robot.robot_id, paused ? "resume" : "pause") }, paused ? "Resume" : "Pause")));
}

function jobList(state, actions) {
  const { jobs, filter, search, robots, now } = state;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (job) => words.every((word) => `${job.name} ${job.job_id} ${job.robot_id ?? ""} ${job.status}`.toLowerCase().includes(word));
  const found = newest(jobs).filter((job) => FILTERS[filter][1](job) && matches(job));
  const tabs = Object.entries(FILTERS).map(([name, [label]]) =>
    element("button", { class: "tab", "aria-pressed": String(name === filter), onclick: () => actions.filter(name) }, label));
  const whose = (job) => robots.get(job.robot_id)?.name || job.robot_id || (job.target ? `for ${job.target}` : "");
  const rows = found.slice(0, MOST_ROWS).map((job) => element("tr", { class: "link", "data-key": job.job_id, onclick: () => actions.open(job.job_id) },
    element("td", { class: "status" }, badge(JOB_LOOKS[job.status])),
    element("td", { class: "what" }, element("a", { href: `#/jobs/${encodeURIComponent(job.job_id)}` }, job.name || job.job_id),
      job.error && element("span", { class: "why", title: job.error.message }, job.error.message)),
    element("td", { class: "robot-name quiet", title: whose(job) }, whose(job)),
    element("td", { class: "number took" }, duration(job, now)),
    element("td", { class: "number quiet submitted", title: when(job.created_at) }, age(time(job.created_at), now))));
  const table = element("table", { class: "jobs" }, element("thead", {}, element("tr", {},
    [["Status", "status"], ["Job", "what"], ["Robot", "robot-name"], ["Took", "number took"], ["Submitted", "number submitted"]]
      .map(([title, look]) => element("th", { scope: "col", class: look }, title)))),
  element("tbody", {}, rows));
  return element("section", {},
    element("div", { class: "tools" }, element("h2", {}, "Jobs"), tabs,
      element("input", { type: "search", placeholder: "Search", "aria-label": "Search jobs", value: search, oninput: (event) => actions.search(event.target.value) })),
    element("div", { class: "panel" }, found.length ? [table, found.length > MOST_ROWS && element("div", { class: "empty" }, `and ${found.length - MOST_ROWS} older ones; search for them`)] : element("div", { class: "empty" }, jobs.size ? "No job matches." : "No job yet. Drop a workflow here, or press New job.")));
}

function duration(job, now) {
  const begin = time(job.started_at);
  return Number.isNaN(begin) ? "" : took(((job.ended_at ? time(job.ended_at) : now) - begin) / 1000);
}

export function jobView(state, id, actions) {
  const back = element("a", { class: "crumb", "data-key": `crumb ${id}`, href: "#/" }, "← All jobs");
  const job = state.detail;
  if (!job) return [back, element("div", { class: "panel empty" }, "Loading…")];
  if (job.missing) return [back, element("div", { class: "panel empty" }, job.missing)];
  const robot = state.robots.get(job.robot_id);
  const fact = (label, value) => value && element("span", {}, element("span", { class: "quiet" }, `${label} `), value);
  return [back,
    element("div", { class: "head" }, element("h1", {}, job.name || job.job_id), badge(JOB_LOOKS[job.status]),
      element("div", { class: "buttons" },
        OPEN.has(job.status) && element("button", { class: "danger", onclick: () => actions.cancel(id) }, job.cancel_requested ? "Cancelling…" : "Cancel"),
        !OPEN.has(job.status) && element("button", { onclick: () => actions.retry(id) }, "Run again"))),
    element("p", { class: "facts-line small" },
      fact("Robot", robot?.name || job.robot_id), fact("Submitted", when(job.created_at)), fact("Started", when(job.started_at)),
      fact("Took", duration(job, state.now)), fact("Nodes run", job.nodes_executed ? String(job.nodes_executed) : ""),
      fact("Priority", job.priority ? String(job.priority) : ""), fact("Id", element("code", {}, job.job_id))),
    job.error && element("div", { class: "panel notice", role: "alert" }, element("b", {}, job.error.code), ` ${job.error.message}`,
      job.error.node_id && element("span", { class: "quiet" }, ` (node ${job.error.node_id})`)),
    job.waits_because && element("div", { class: "panel notice warn" }, `Waiting: ${job.waits_because}.`),
    (job.needs_attention ?? []).length > 0 && element("div", { class: "panel notice warn" },
      "Nobody knows whether these steps happened: ", element("b", {}, job.needs_attention.map((step) => step.node_id).join(", ")),
      ". On the robot: ", element("code", {}, `casare-robot jobs resolve ${job.job_id} --as done|again|fail`)),
    timeline(job, state.now), logCard(job), valueCard("Outputs", job.outputs), valueCard("Variables given", job.variables)].filter(Boolean);
}

function outputs(node) {
  return Object.entries(node.outputs ?? {}).map(([name, value]) => `${name}: ${value}`);
}

function timeline(job, now) {
  const nodes = job.nodes ?? [];
  if (!nodes.length) return null;
  const first = Math.min(time(job.started_at) || Infinity, ...nodes.map((node) => time(node.started_at)));
  const last = Math.max(job.ended_at ? time(job.ended_at) : now, ...nodes.map((node) => time(node.started_at) + 1000 * (node.seconds ?? 0)));
  const span = Math.max(last - first, 1);
  const rows = nodes.flatMap((node) => {
    const runs = node.seconds === null || node.seconds === undefined;
    const begin = time(node.started_at);
    const end = runs ? last : begin + 1000 * node.seconds;
    const style = `left:${(100 * (begin - first)) / span}%;width:${Math.max(0, (100 * (end - begin)) / span)}%`;
    return [
      element("span", { class: "who", title: [`${node.node_id} ${node.node_type}`, ...outputs(node)].join("\n") }, node.node_id, " ", element("span", { class: "quiet small" }, node.node_type.replace(/Node$/, ""))),
      element("span", { class: "track" }, element("span", { class: `bar ${node.error ? "bad" : runs ? "busy" : ""}`, style })),
      element("span", { class: "took" }, runs ? "…" : took(node.seconds)),
      node.error && element("span", { class: "error" }, node.error),
    ].filter(Boolean);
  });
  return element("section", { class: "panel card" }, element("h2", {}, "Time line"), element("div", { class: "timeline", tabindex: "0", "data-scroll": job.ended_at ? null : "timeline" }, rows));
}

function logCard(job) {
  const lines = job.log ?? [];
  if (!lines.length) return null;
  return element("section", { class: "panel card" }, element("h2", {}, "Log"),
    element("div", { class: "log mono", "data-scroll": "log" }, lines.map((line) =>
      element("div", { class: String(line.level).toLowerCase() }, line.message))));
}

function valueCard(title, values) {
  if (!values || !Object.keys(values).length) return null;
  return element("section", { class: "panel card" }, element("h2", {}, title),
    element("table", { class: "values" }, element("tbody", {}, Object.entries(values).map(([name, value]) =>
      element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, element("pre", { class: "value" }, shown(value))))))));
}
