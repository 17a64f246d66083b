// Asking the service. The only place that knows the token, and that turns what goes wrong into one sentence.

const KEY = "inkdigits token";
const PATIENCE = 8; // times that a busy service is asked again
const ASKS = 3; // times that a token is asked for before giving up

/** What went wrong, as one sentence for people; `retry` is after how many seconds to try again, 0 for never;
 *  `busy` says that the service is there and will do it then. */
export class Trouble extends Error {
  constructor(sentence, retry = 0, busy = false) {
    super(sentence);
    Object.assign(this, { retry, busy });
  }
}

/** POST a blob; the answer as a Response that is no error. Throws Trouble. */
export async function post(path, blob, name = "") {
  return answered("POST", path, blob, name);
}

/** GET or DELETE; the answer as a Response that is no error. Throws Trouble. */
export async function ask(method, path) {
  return answered(method, path);
}

async function answered(method, path, blob, name) {
  for (let asked = 0; ; asked++) {
    const answer = await sent(method, path, blob, name);
    if (answer.ok) return answer;
    if (answer.status !== 401 || asked === ASKS || !(await tokenGiven())) throw await troubleOf(answer);
  }
}

/** POST a blob; the answer's JSON. Throws Trouble. */
export async function postForJson(path, blob, name = "") {
  return (await post(path, blob, name)).json();
}

/** A function that works on what it is given, one at a time, and of what comes meanwhile only on the newest. */
export function newestOnly(work) {
  let running = false;
  let waiting;
  return async (job) => {
    waiting = job;
    if (running) return;
    running = true;
    while (waiting !== undefined) {
      const now = waiting;
      waiting = undefined;
      await work(now, () => waiting !== undefined);
    }
    running = false;
  };
}

/** Do something of a service that may be busy. */
export async function patiently(work) {
  for (let tried = 0; ; tried++) {
    try {
      return await work();
    } catch (error) {
      if (!error.busy || tried === PATIENCE) throw error;
      await new Promise((done) => setTimeout(done, 1000 * error.retry));
    }
  }
}

/** A function that works once, however often it is asked. */
export function once(work) {
  let done;
  return () => (done ??= work());
}

async function sent(method, path, blob, name) {
  const token = sessionStorage.getItem(KEY);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  let body = blob;
  if (name) {
    body = new FormData(); // carries the picture's name
    body.append("file", blob, name);
  } else if (blob) {
    headers["Content-Type"] = blob.type || "application/octet-stream";
  }
  try {
    return await fetch(path, { method, body, headers });
  } catch {
    throw new Trouble("The service cannot be reached; check that it is running, and try again.", 2);
  }
}

async function troubleOf(answer) {
  const retry = Number(answer.headers.get("Retry-After")) || 0;
  try {
    return new Trouble((await answer.json()).detail, retry, answer.status === 503 && retry > 0);
  } catch {
    return new Trouble(`The service answered with ${answer.status}; try again.`, retry);
  }
}

let asking = null; // one question at a time, however many wait for the token

function tokenGiven() {
  asking ??= askForToken().finally(() => (asking = null));
  return asking;
}

function askForToken() {
  const dialog = document.getElementById("key");
  const word = document.getElementById("key-word");
  word.value = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      const given = dialog.returnValue === "use" && word.value.trim() !== "";
      if (given) sessionStorage.setItem(KEY, word.value.trim());
      word.value = "";
      done(given);
    }, { once: true });
  });
}
