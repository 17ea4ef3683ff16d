// The thread in which an attack runs, see attacker.ts.

import { attack, type AttackOrder, type AttackResult } from "./attacker.ts";

interface Thread {
  onmessage: ((event: MessageEvent<AttackOrder | "stop">) => void) | null;
  postMessage(message: AttackResult | "begun"): void;
}

const thread = globalThis as unknown as Thread;
let over = false;
thread.onmessage = async ({ data }) => {
  if (data === "stop") over = true;
  else thread.postMessage(await attack(data, () => over, () => thread.postMessage("begun")));
};
