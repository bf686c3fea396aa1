// One window at a time: two windows over one database would break the chain of records. The lock ends with its window.
const LOCK = "doorstep-app";
const ANSWER_WAIT_MS = 6000;
const SHORT_WAIT_MS = 800; // a page that reloads releases the lock a moment after the new page asks for it
/** As AbortSignal.timeout, which browsers before 2022 lack. */
const endsAfter = (ms) => {
  const ending = new AbortController();
  setTimeout(() => ending.abort(), ms);
  return ending.signal;
};
const channel = new BroadcastChannel("doorstep-tabs");

/** Get the lock for this window: true, or false when another window has it. `leave()`: flush and end, because another
 *  window asks for it; `leave(true)`: end at once, because another window has it already. `lost()`: called afterwards. */
export function acquire(leave, lost) {
  return request({ signal: endsAfter(SHORT_WAIT_MS) }, leave, lost);
}

/** Ask the other window to flush and end, then get the lock; after six seconds without an answer take it. */
export async function takeOver(leave, lost) {
  channel.postMessage("leave");
  const wait = endsAfter(ANSWER_WAIT_MS);
  return (await request({ signal: wait }, leave, lost)) || request({ steal: true }, leave, lost);
}

function request(options, leave, lost) {
  return new Promise((answer) => {
    let holding = false;
    const asking = navigator.locks.request(LOCK, options, (lock) => {
      holding = true;
      answer(true);
      return new Promise((release) => {
        channel.onmessage = async ({ data }) => {
          if (data !== "leave") return;
          channel.onmessage = null;
          await leave();
          holding = false;
          release();
          lost();
        };
      });
    });
    asking.catch(() => {
      if (!holding) return answer(false); // the lock was not released in time
      channel.onmessage = null; // another window took the lock: what this one still writes would overwrite its data
      return leave(true).finally(lost);
    });
  });
}
