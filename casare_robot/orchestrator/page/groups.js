// Groups of robots: who is active, who is well, what they know, who took over from whom.
import { age, element, took } from "./drawing.js";

const STRATEGIES = {
  least_loaded: "the least loaded robot", round_robin: "robots in turn",
  priority: "robots of the job's priority", capability: "the robot with the least to spare",
};
const ROLES = { active: ["▶", "is-good"], passive: ["‖", "is-busy"], retired: ["–", "is-wait"] };
const HEALTH = { healthy: ["✓", "is-good", "healthy"], disconnected: ["✕", "is-bad", "no sign of life"], unknown: ["○", "is-wait", "no process of its own"] };
const STATUS = { active: "is-good", recovering: "is-warn", interrupted: "is-warn", failed: "is-bad" };
const JOBS = {
  queued: ["…", "is-wait"], assigned: ["→", "is-wait"], running: ["▶", "is-busy"], done: ["✓", "is-good"],
  failed: ["✕", "is-bad"], cancelled: ["⊘", "is-wait"], needs_attention: ["!", "is-warn"],
};
const REASONS = { manual: "by hand", heartbeat: "no sign of life" };
const NEARLY_FULL = 0.9;

const link = (name) => `#/groups/${encodeURIComponent(name)}`;
const words = (text) => String(text).replaceAll("_", " ");
const badge = (glyph, look, text) => element("span", { class: `badge ${look}`, "data-glyph": glyph }, text);
const counts = (jobs) => Object.entries(jobs ?? {}).map(([name, count]) => `${count} ${words(name)}`).join(" · ");

export function strategyLine(fleet) {
  return fleet && element("p", { class: "strategy small quiet", "data-key": "strategy" }, "Jobs go to ",
    element("b", { title: fleet.strategy }, STRATEGIES[fleet.strategy] ?? words(fleet.strategy)), ".");
}

export function groupList({ fleet }) {
  if (!fleet?.groups.length) return null;
  return element("section", { class: "groups", "data-key": "groups" },
    element("div", { class: "tools" }, element("h2", {}, "Groups"),
      element("span", { class: "small quiet" }, fleet.leader ? `${fleet.leader} leads` : "nobody leads")),
    element("div", { class: "robots" }, fleet.groups.map(groupCard)));
}

function groupCard(group) {
  const names = (list) => list.join(", ") || "nobody";
  return element("a", { class: "panel robot group", href: link(group.name), "data-key": `group ${group.name}` },
    element("span", { class: "top" }, element("span", { class: "name", title: group.name }, group.name),
      badge(...(group.active.length ? ["●", STATUS[group.status] ?? "is-wait", words(group.status)] : ["!", "is-bad", "nobody active"]))),
    element("span", { class: "members small" }, "▶ ", names(group.active), element("span", { class: "quiet" }, `  ‖ ${names(group.passive)}`)),
    element("span", { class: "facts small quiet" }, element("span", {}, `memory ${percent(group)}`), element("span", { class: "tags" }, counts(group.jobs) || "no jobs")));
}

export function groupView(state, name) {
  const back = element("a", { class: "crumb", "data-key": `crumb ${name}`, href: "#/" }, "← Overview");
  const group = state.group;
  if (!group) return [back, element("div", { class: "panel empty" }, "Loading…")];
  if (group.missing) return [back, element("div", { class: "panel empty" }, group.missing)];
  const fact = (label, value) => value && element("span", {}, element("span", { class: "quiet" }, `${label} `), value);
  return [back,
    element("div", { class: "head" }, element("h1", {}, group.name), badge("●", STATUS[group.status] ?? "is-wait", words(group.status))),
    element("p", { class: "facts-line small" },
      fact("For", group.objective), fact("Leader", leader(group)), fact("Takes over next", group.successor ?? "nobody stands by"),
      fact("Memory in step", group.in_sync ? "yes" : "no"), fact("Jobs", counts(group.jobs))),
    group.active.length === 0 && element("div", { class: "panel notice", role: "alert" }, "Nobody is active: no job of this group runs."),
    memberCard(group), memoryCard(group), jobCard(group, state.now), failoverCard(group, state.now)].filter(Boolean);
}

function leader(group) {
  return group.leader ? `${group.leader}, lease renewed ${took(group.leader_age)} ago` : "none is needed now";
}

function memberCard(group) {
  const rows = group.members.map((member) => {
    const [glyph, look, text] = member.role === "retired" ? ["–", "is-wait", "comes back as passive"] : HEALTH[member.health];
    const seen = member.lease_age === null ? "" : `, seen ${took(member.lease_age)} ago`;
    return element("tr", { "data-key": member.robot },
      element("td", {}, member.robot === group.leader ? "★ " : "", member.robot),
      element("td", {}, badge(...(ROLES[member.role] ?? ["·", "is-wait"]), member.role)),
      element("td", {}, badge(glyph, look, `${text}${seen}`)),
      element("td", { class: "quiet" }, member.is_in_sync ? "" : "behind with the memory"),
      element("td", { class: "quiet" }, member.capabilities.join(", ")));
  });
  return card("Members", rows.length ? table(["Robot", "Role", "Health", "Memory", "Can"], rows) : none("Nobody is in this group."));
}

function memoryCard(group) {
  const full = group.working_memory_tokens / group.max_tokens;
  return card("Working memory",
    element("p", { class: "small" }, `${group.working_memory_nodes} ${group.working_memory_nodes === 1 ? "text" : "texts"}, ${group.working_memory_tokens} of ${group.max_tokens} tokens (${percent(group)})`),
    element("div", { class: "fill", role: "meter", "aria-label": "How full the memory is", "aria-valuemin": "0", "aria-valuemax": String(group.max_tokens), "aria-valuenow": String(group.working_memory_tokens) },
      element("span", { class: full >= NEARLY_FULL ? "bad" : "", style: `width:${Math.min(100, 100 * full)}%` })));
}

function jobCard(group, now) {
  const rows = (group.job_list ?? []).map((job) => element("tr", { "data-key": job.job_id },
    element("td", { class: "status" }, badge(...(JOBS[job.status] ?? ["?", "is-wait"]), words(job.status))),
    element("td", { class: "what", title: job.job_id }, job.name || job.job_id),
    element("td", { class: "quiet" }, job.robot_id ?? ""),
    element("td", { class: "quiet" }, words(job.reason ?? "")),
    element("td", { class: "number quiet" }, age(Date.parse(job.created_at), now))));
  return card("Jobs", rows.length ? table(["Status", "Job", "Robot", "Why", "Submitted"], rows) : none("No job yet."));
}

function failoverCard(group, now) {
  const rows = group.failovers.map((story) => element("tr", { "data-key": story.at },
    element("td", { title: new Date(story.at).toLocaleString() }, age(Date.parse(story.at), now)),
    element("td", {}, story.promoted, element("span", { class: "quiet" }, ` from ${story.retired.join(", ") || "nobody"}`)),
    element("td", { class: "quiet" }, REASONS[story.reason] ?? words(story.reason)),
    element("td", { class: "number quiet" }, story.jobs.length ? String(story.jobs.length) : "")));
  return card("Failovers", rows.length ? table(["When", "Took over", "Why", "Jobs"], rows) : none("There was none."));
}

const percent = (group) => `${Math.round((100 * group.working_memory_tokens) / group.max_tokens)}%`;
const card = (title, ...parts) => element("section", { class: "panel card", "data-key": title }, element("h2", {}, title), parts);
const none = (text) => element("p", { class: "small quiet" }, text);

function table(heads, rows) {
  const last = heads.length - 1;
  return element("div", { class: "wide" }, element("table", {}, element("thead", {}, element("tr", {}, heads.map((head, place) =>
    element("th", { scope: "col", class: place === last && (head === "Submitted" || head === "Jobs") ? "number" : null }, head)))), element("tbody", {}, rows)));
}
