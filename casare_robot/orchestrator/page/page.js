// The page: shows what the server says, asks it for what the user wants, decides nothing.
import { ask, listen, login, signIn } from "./server.js";
import { draw, element, shown } from "./drawing.js";
import { addRobot } from "./enrolment.js";
import { groupView } from "./groups.js";
import { nodesView } from "./nodes.js";
import { jobView, overview, summary } from "./views.js";

const state = { robots: new Map(), jobs: new Map(), detail: null, fleet: null, group: null, nodes: null, nodeSearch: "", filter: "all", search: "", now: Date.now() };
const view = document.getElementById("view");
const dialogs = { login: document.getElementById("login"), submit: document.getElementById("submit") };
const MOST_JOBS = 1000;
let wanted = false;
let isIn = false; // nothing is asked for before the key is known

const actions = {
  filter(name) { state.filter = name; render(); },
  nodeSearch(text) { state.nodeSearch = text; render(); },
  search(text) { state.search = text; render(); },
  open(id) { location.hash = `#/jobs/${encodeURIComponent(id)}`; },
  cancel: (id) => tryTo(() => ask("POST", `jobs/${encodeURIComponent(id)}/cancel`)),
  retry: (id) => tryTo(async () => actions.open((await ask("POST", `jobs/${encodeURIComponent(id)}/retry`)).job_id)),
  addRobot: () => tryTo(addRobot),
  robot: (id, command) => tryTo(() => ask("POST", `robots/${encodeURIComponent(id)}/${command}`)),
};

// Does it, or says for a while why it could not be done.
async function tryTo(action) {
  const place = document.getElementById("problem");
  try {
    await action();
    place.textContent = "";
  } catch (problem) {
    place.textContent = problem.message;
    setTimeout(() => { place.textContent = ""; }, 8000);
  }
}

const openJob = () => opened("jobs");
const openGroup = () => opened("groups");
const showsNodes = () => location.hash === "#/nodes";

function opened(kind) {
  const found = new RegExp(`^#/${kind}/(.+)$`).exec(location.hash);
  try {
    return found && decodeURIComponent(found[1]);
  } catch {
    return found[1]; // a % that stands for itself
  }
}

// Changes come in bursts; one drawing a frame is enough for eyes.
function render() {
  if (wanted) return;
  wanted = true;
  requestAnimationFrame(() => {
    wanted = false;
    state.now = Date.now();
    draw(document.getElementById("summary"), summary(state));
    const id = openJob();
    const group = openGroup();
    draw(view, showsNodes() ? nodesView(state, actions) : id ? jobView(state, id, actions) : group ? groupView(state, group) : overview(state, actions));
    const title = showsNodes() ? "Nodes" : id ? state.detail?.name || id : group;
    document.title = title ? `${title} – Orchestrator` : "Orchestrator";
  });
}

async function loadDetail() {
  const id = openJob();
  if (state.detail?.job_id !== id) state.detail = null;
  if (id) {
    let found;
    try {
      found = await ask("GET", `jobs/${encodeURIComponent(id)}`);
    } catch (problem) {
      if (!problem.status && state.detail) return; // the server is away; what is known stays
      found = { job_id: id, missing: problem.message };
    }
    if (openJob() !== id) return;
    state.detail = found;
  }
  render();
}

// Groups change in the store they share with robots, which tells nobody here: they are asked for.
async function loadGroups() {
  const name = openGroup();
  try {
    if (name) {
      const found = await ask("GET", `groups/${encodeURIComponent(name)}`)
        .catch((problem) => { if (problem.status !== 404) throw problem; return { missing: problem.message }; });
      if (openGroup() === name) state.group = found;
    } else {
      state.fleet = await ask("GET", "fleet");
    }
  } catch {
    return; // the server is away, as the header tells; what is known stays
  }
  render();
}

// They are those of the server's own release: asked for once.
async function loadNodes() {
  if (showsNodes() && !state.nodes) {
    try {
      state.nodes = (await ask("GET", "nodes")).nodes;
    } catch {
      return; // the server is away, as the header tells
    }
    render();
  }
}

function loadOpened() {
  state.group = null;
  loadNodes();
  loadDetail();
  loadGroups();
}

async function loadAll() {
  const [robots, jobs] = await Promise.all([ask("GET", "robots"), ask("GET", "jobs?limit=1000")]);
  state.robots = new Map(robots.robots.map((robot) => [robot.robot_id, robot]));
  state.jobs = new Map(jobs.jobs.map((job) => [job.job_id, job]));
  await Promise.all([loadDetail(), loadGroups(), loadNodes()]);
}

function told(kind, facts) {
  if (kind === "robot") {
    state.robots.set(facts.robot_id, { ...facts, seen: Date.now() - 1000 * (facts.heartbeat_age ?? 0) });
  } else if (kind === "robot_gone") {
    state.robots.delete(facts.robot_id);
  } else if (kind === "job") {
    state.jobs.set(facts.job_id, { ...state.jobs.get(facts.job_id), ...facts });
    if (state.jobs.size > MOST_JOBS) forgetOldest();
    if (openJob() === facts.job_id) loadDetailSoon();
  }
  render();
}

// Of a page that stays open for days; one that is open and old may go, its detail stays.
function forgetOldest() {
  const oldest = [...state.jobs.values()].sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
  for (const job of oldest.filter((job) => job.ended_at).slice(0, MOST_JOBS / 5)) state.jobs.delete(job.job_id);
}

let soon = 0;
function loadDetailSoon() {
  if (!soon) soon = setTimeout(() => { soon = 0; loadDetail(); }, 250);
}

function live(isOn) {
  const place = document.getElementById("live");
  place.className = isOn ? "" : "off";
  place.textContent = isOn ? "● live" : "○ reconnecting";
}

async function start() {
  await signIn().catch((problem) => askForKey(problem.message));
  for (;;) {
    try {
      await loadAll();
      isIn = true;
      break;
    } catch (problem) {
      if (problem.status === 401) await askForKey();
      else await new Promise((done) => { live(false); setTimeout(done, 3000); });
    }
  }
  listen({ told, live, again: loadAll });
}

function askForKey(why = "") {
  const dialog = dialogs.login;
  const form = dialog.querySelector("form");
  form.querySelector(".problem").textContent = why;
  dialog.onclose = () => dialog.showModal(); // there is nothing to see without a key
  dialog.showModal();
  return new Promise((done) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      try {
        await login(form.key.value);
        dialog.onclose = null;
        dialog.close();
        done();
      } catch (problem) {
        form.querySelector(".problem").textContent = problem.message;
      }
    };
  });
}

let workflow = null;

async function choose(file) {
  const form = dialogs.submit.querySelector("form");
  const problem = form.querySelector(".problem");
  const fields = document.getElementById("variables");
  problem.textContent = "";
  workflow = null;
  fields.hidden = true;
  try {
    workflow = { name: file.name.replace(/\.json$/i, ""), content: JSON.parse(await file.text()) };
  } catch (error) {
    problem.textContent = `${file.name} is no workflow: ${error.message}`;
    return;
  }
  const found = Object.values(variablesOf(workflow.content));
  draw(fields, [element("legend", {}, "Variables"), ...found.map((variable) =>
    element("label", {}, variable.name, element("input", {
      name: `var:${variable.name}`, placeholder: shown(variable.default), type: variable.sensitive ? "password" : "text",
    })))]);
  fields.hidden = found.length === 0;
}

function variablesOf(content) {
  const declared = content?.variables ?? {};
  const list = Array.isArray(declared) ? declared : Object.entries(declared).map(([name, value]) =>
    value && typeof value === "object" && !Array.isArray(value) ? { name, default: value.default_value ?? value.default ?? value.value, ...value } : { name, default: value });
  return list.filter((variable) => variable.name && !variable.readonly);
}

function openSubmit(file) {
  const form = dialogs.submit.querySelector("form");
  form.reset();
  document.getElementById("variables").hidden = true;
  draw(form.robot_id, [element("option", { value: "" }, "any that is free"),
    ...[...state.robots.values()].map((robot) => element("option", { value: robot.robot_id }, robot.name || robot.robot_id))]);
  dialogs.submit.showModal();
  if (file) {
    const files = new DataTransfer();
    files.items.add(file);
    form.file.files = files.files;
    choose(file);
  }
}

dialogs.submit.querySelector("form").file.onchange = (event) => event.target.files[0] && choose(event.target.files[0]);
dialogs.submit.querySelector("button[value=cancel]").onclick = () => dialogs.submit.close();
dialogs.submit.querySelector("form").onsubmit = async (event) => {
  event.preventDefault();
  const form = event.target;
  if (!workflow) return;
  const variables = {};
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith("var:") && value !== "") variables[name.slice(4)] = value;
  }
  try {
    const job = await ask("POST", "jobs", {
      workflow: workflow.content, name: workflow.name, variables,
      robot_id: form.robot_id.value || null, priority: Number(form.priority.value) || 0,
    });
    dialogs.submit.close();
    actions.open(job.job_id);
  } catch (problem) {
    form.querySelector(".problem").textContent = problem.message;
  }
};
document.getElementById("new-job").onclick = () => openSubmit();
document.body.ondragover = (event) => { event.preventDefault(); document.body.classList.add("dropping"); };
document.body.ondragleave = (event) => { if (!event.relatedTarget) document.body.classList.remove("dropping"); };
document.body.ondrop = (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  if (event.dataTransfer.files[0]) openSubmit(event.dataTransfer.files[0]);
};
addEventListener("hashchange", loadOpened);
setInterval(() => { if (!document.hidden && !openJob() && isIn) loadGroups(); }, 2000);
setInterval(render, 5000); // ages grow
setInterval(() => { if (state.detail?.status === "running" && !document.hidden) loadDetail(); }, 1000);
start();
