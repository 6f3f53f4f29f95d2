// The line to the server: requests, and the stream of what changes.
const BASE = "api/v1/";

export class Refusal extends Error {
  constructor(status, code, message) {
    super(code ? `${code} ${message}` : message);
    this.status = status;
  }
}

export async function ask(method, path, body) {
  const answer = await fetch(BASE + path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, said.error?.code, said.error?.message ?? answer.statusText);
  return said;
}

export const login = (key) => ask("POST", "login", { key });

// The link that the orchestrator prints carries the key behind the #, where no log sees it.
export async function signIn() {
  const found = /^#key=(.+)$/.exec(location.hash);
  if (!found) return;
  history.replaceState(null, "", location.pathname);
  await login(decodeURIComponent(found[1]));
}

// A browser comes back by itself after a lost connection, but gives up after a refusal.
export function listen({ told, live, again }) {
  let wasOpen = false;
  function open() {
    const stream = new EventSource(`${BASE}events`);
    stream.onopen = () => {
      live(true);
      if (wasOpen) again(); // what happened meanwhile was not told
      wasOpen = true;
    };
    stream.onerror = () => {
      live(false);
      if (stream.readyState === EventSource.CLOSED) setTimeout(open, 3000);
    };
    for (const kind of ["robot", "robot_gone", "job"]) {
      stream.addEventListener(kind, (event) => told(kind, JSON.parse(event.data)));
    }
  }
  open();
}
