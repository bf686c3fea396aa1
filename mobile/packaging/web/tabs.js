// One window at a time: two over one store would break the chain of records. The lock goes with the window.
const LOCK = "doorstep-app";
const PATIENCE_MS = 6000;
const GLANCE_MS = 800; // a page that reloads lets go a moment after its successor asks
const shout = new BroadcastChannel("doorstep-tabs");

/** Hold the app in this window: true, or false when another has it. `leave`: flush and end when another asks for it,
 *  leave(true): end at once, because another has it already. */
export function take(leave, gone) {
  return held({ signal: AbortSignal.timeout(GLANCE_MS) }, leave, gone);
}

/** Ask the other window to flush and go, then hold the app here; after six seconds without an answer take it. */
export async function takeOver(leave, gone) {
  shout.postMessage("leave");
  const patience = AbortSignal.timeout(PATIENCE_MS);
  return (await held({ signal: patience }, leave, gone)) || held({ steal: true }, leave, gone);
}

function held(options, leave, gone) {
  return new Promise((answer) => {
    let holding = false;
    const asking = navigator.locks.request(LOCK, options, (lock) => {
      holding = true;
      answer(true);
      return new Promise((release) => {
        shout.onmessage = async ({ data }) => {
          if (data !== "leave") return;
          shout.onmessage = null;
          await leave();
          holding = false;
          release();
          gone();
        };
      });
    });
    asking.catch(() => {
      if (!holding) return answer(false); // nobody let go in time
      shout.onmessage = null; // another window took it without waiting: what ours still writes would go over what it wrote
      return leave(true).finally(gone);
    });
  });
}
