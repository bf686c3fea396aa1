// Explains why the first download failed: each cause needs another remedy.
const SEND = "还是这样，请把下面的话发给学校。";
const CAUSES = {
  QuotaExceededError: ["手机空间满了，程序存不下", "请删掉一些用不着的照片、视频或应用（腾出约 200 MB），再试一次。已经取到的不用再取。"],
  Damaged: ["有一个文件没有取对", `可能服务器正在更新，也可能文件在路上坏了。请过一会儿再试；${SEND}`],
  Untrusted: ["浏览器不信任这台服务器的证书", "所以程序存不到手机里。请先装好学校的证书，再回来打开。", ["怎样装证书", () => location.assign("/trust")]],
  TypeError: ["没有网络，程序还没有全部存下来", "第一次打开要有网络。已经取到的不用再取。"],
};
const OTHER = ["程序还没有全部存下来", `服务器没有给出全部文件。请再试一次；${SEND}`];

/** `error`: what filesReady() rejects with. `choice` in the answer: a button that helps, where there is one. */
export function explain(error) {
  const [words, hint, choice] = CAUSES[cause(error)] ?? OTHER;
  return { words, hint, choice, details: [error.path, error.name, error.message].filter(Boolean).join("\n") };
}

/** A browser reports three faults of a worker's script under one name; its message tells two of them apart. */
function cause({ name, message }) {
  return name === "SecurityError" && location.protocol === "https:" && !/MIME|redirect/i.test(message) ? "Untrusted" : name;
}
