// What stands on the start page: a sentence, a bar that never runs ahead of the work, and choices.
const at = (id) => document.getElementById(id);
const MB = 1048576;

export function say(words, much = "") {
  if (at("said").textContent !== words) at("said").textContent = words;
  at("much").textContent = much;
}

/** Share of the whole start that is behind us, 0..1. */
export function progress(share) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  at("done").style.width = `${percent}%`;
  at("track").setAttribute("aria-valuenow", String(percent));
}

export function fetched(done, total) {
  say("第一次打开,正在把程序存到手机里…", `${(done / MB).toFixed(1)} / ${(total / MB).toFixed(1)} MB`);
  progress((done / total) * 0.8);
}

/** A page that waits for the person: the bar goes, buttons come. `choices`: [words, what it does] */
export function ask(words, much, choices, details = "") {
  const door = at("door");
  door.hidden = false;
  door.classList.remove("leaving");
  door.querySelector("details")?.remove();
  at("track").className = "quiet";
  say(words, much);
  at("choices").replaceChildren(...choices.map(([label, act]) => button(label, act)));
  if (details) {
    const more = document.createElement("details");
    const title = document.createElement("summary");
    const text = document.createElement("pre");
    title.textContent = "给管理员看";
    text.textContent = details;
    more.append(title, text);
    door.append(more);
  }
}

export function opened() {
  at("door").classList.add("leaving");
  setTimeout(() => { at("door").hidden = true; }, 200);
}

/** The strip over the app. `choices` as in ask; no choice and no words: gone. */
export function strip(words = "", choices = []) {
  const bar = at("bar");
  const text = document.createElement("span");
  text.textContent = words;
  bar.replaceChildren(text, ...choices.map(([label, act], n) => button(label, act, n ? "plain" : "")));
  bar.hidden = !words;
}

function button(label, act, kind = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}
