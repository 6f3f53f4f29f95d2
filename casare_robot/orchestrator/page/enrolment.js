// Lets one robot in: a code that works once, in the command that uses it.
import { ask } from "./server.js";

const dialog = document.getElementById("add-robot");
const place = dialog.querySelector("pre");
const problem = dialog.querySelector(".problem");

export async function addRobot() {
  const made = await ask("POST", "enrollment-codes", {});
  const address = location.origin.replace("http", "ws");
  place.textContent = `casare-robot enroll ${made.code} --to ${address}\ncasare-robot run`;
  dialog.querySelector("time").textContent = new Date(made.expires_at).toLocaleTimeString();
  problem.textContent = "";
  dialog.showModal();
}

dialog.querySelector("button[value=copy]").onclick = async () => {
  getSelection().selectAllChildren(place);
  try {
    await navigator.clipboard.writeText(place.textContent);
  } catch {
    problem.textContent = "This browser lets no page copy; it is selected for you.";
  }
};
// A code is for whoever it was shown to, not for who comes to this screen later.
dialog.onclose = () => { place.textContent = ""; };
