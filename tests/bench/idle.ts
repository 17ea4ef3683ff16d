// What our processes need while nothing happens, and how soon after the start the first request is answered.

import { processTree, type ResidentMemory, residentMemory } from "../support/process/proc.ts";
import type { Lab } from "../support/process/lab.ts";
import { pause } from "../support/wait.ts";
import { startContender } from "./contenders/arena.ts";
import { sozuProxy } from "./contenders/sozu_proxy.ts";
import { median } from "./figures/statistics.ts";

const STARTS = 5;
/** How long a process may take to become quiet after its first request, in milliseconds. */
const QUIET_MS = 3_000;

/** Medians over some starts. */
export interface IdleFigures {
  readonly main: ResidentMemory;
  readonly worker: ResidentMemory;
  /** From the start of main to the first answer, in milliseconds. */
  readonly firstAnswerMs: number;
}

/** Starts main with one worker in front of a backend, several times, and looks at them. */
export async function idleFigures(lab: Lab, backendPort: number): Promise<IdleFigures> {
  const looks: IdleFigures[] = [];
  for (let i = 0; i < STARTS; i++) {
    const started = performance.now();
    const { process } = await startContender(lab, sozuProxy({ name: `idle-${i}` }), backendPort);
    const firstAnswerMs = performance.now() - started;
    await pause(QUIET_MS);
    const [main, worker] = processTree(process.pid).map(({ pid }) => residentMemory(pid));
    await process.stop();
    if (main === undefined || worker === undefined) throw new Error("The worker is gone");
    looks.push({ main, worker, firstAnswerMs });
  }
  const middle = (of: (look: IdleFigures) => number) => median(looks.map(of));
  const memory = (of: (look: IdleFigures) => ResidentMemory) => ({
    anonymous: middle((look) => of(look).anonymous),
    shared: middle((look) => of(look).shared),
  });
  return {
    main: memory(({ main }) => main),
    worker: memory(({ worker }) => worker),
    firstAnswerMs: middle((look) => look.firstAnswerMs),
  };
}
