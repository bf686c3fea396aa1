// The start page: a sentence, a progress bar and buttons; and the update bar above the running app.
const byId = (id) => document.getElementById(id);
const MB = 1048576;

export function showText(words, hint = "") {
  if (byId("message").textContent !== words) byId("message").textContent = words;
  byId("hint").textContent = hint;
}

/** `share`: how hint of the start is done, 0..1. */
export function setProgress(share) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  byId("progress").style.width = `${percent}%`;
  byId("track").setAttribute("aria-valuenow", String(percent));
}

export function showDownload(done, total) {
  showText("第一次打开，正在把程序存到手机里…", `${(done / MB).toFixed(1)} / ${(total / MB).toFixed(1)} MB`);
  setProgress((done / total) * 0.8);
}

/** Buttons in place of the progress bar. `choices`: [label, handler]; `details`: for the administrator. */
export function showChoices(words, hint, choices, details = "") {
  const startPage = byId("start-page");
  startPage.hidden = false;
  startPage.classList.remove("leaving");
  startPage.querySelector("details")?.remove();
  byId("track").className = "hidden";
  showText(words, hint);
  fill(byId("choices"), choices.map(([label, act]) => button(label, act)));
  if (details) {
    const more = document.createElement("details");
    const title = document.createElement("summary");
    const text = document.createElement("pre");
    title.textContent = "给管理员看";
    text.textContent = details;
    more.append(title, text);
    startPage.append(more);
  }
}

/** The progress bar again, after all. */
export function clearChoices() {
  byId("track").className = "";
  byId("choices").textContent = "";
  byId("start-page").querySelector("details")?.remove();
}

export function hideStartPage() {
  const startPage = byId("start-page");
  startPage.classList.add("leaving");
  // Words shown meanwhile, as that another window took over, stay: a window behind waits a second and longer here.
  setTimeout(() => { startPage.hidden = startPage.classList.contains("leaving"); }, 200);
}

/** The bar above the app, hidden when there are no words. `choices` as in showChoices. */
export function showBar(words = "", choices = []) {
  const bar = byId("bar");
  const text = document.createElement("span");
  text.textContent = words;
  fill(bar, [text, ...choices.map(([label, act], n) => button(label, act, n ? "plain" : ""))]);
  bar.hidden = !words;
}

/** As replaceChildren, which browsers before 2021 lack. */
function fill(element, children) {
  element.textContent = "";
  element.append(...children);
}

function button(label, act, kind = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = kind;
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}
