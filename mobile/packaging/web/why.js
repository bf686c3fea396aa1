// Why the first fetch did not end well, in words: each cause has a cure of its own.
const SEND = "还是这样,请把下面的话发给学校。";
const WAYS = {
  QuotaExceededError: ["手机空间满了,程序存不下", "请删掉一些用不着的照片、视频或应用(腾出约 200 MB),再试一次。已经取到的不用再取。"],
  Damaged: ["有一个文件没有取对", `可能服务器正在更新,也可能文件在路上坏了。请过一会儿再试;${SEND}`],
  Untrusted: ["浏览器不信任这台服务器的证书", "所以程序存不到手机里。请先装好学校的证书,再回来打开。", ["怎样装证书", () => location.assign("/trust")]],
  TypeError: ["没有网络,程序还没有全部存下来", "第一次打开要有网络。已经取到的不用再取。"],
};
const OTHER = ["程序还没有全部存下来", `服务器没有给出全部文件。请再试一次;${SEND}`];

/** `error`: what kept() rejects with. `way`: the choice that helps, where there is one. */
export function why(error) {
  const [words, much, way] = WAYS[cause(error)] ?? OTHER;
  return { words, much, way, details: [error.path, error.name, error.message].filter(Boolean).join("\n") };
}

/** A browser refuses a worker's script with one name for three faults; two of them it tells in its message. */
function cause({ name, message }) {
  return name === "SecurityError" && location.protocol === "https:" && !/MIME|redirect/i.test(message) ? "Untrusted" : name;
}
