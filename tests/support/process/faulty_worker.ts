// A worker whose data plane misbehaves on request: it prints, throws outside of any request and
// leaves promises unhandled. Started by tests in the place of a real worker.

import type { ClosedSessions, Request } from "../../../config/schema/messages.ts";
import type { DataPlane } from "../../../src/proxy/contract.ts";
import { UnopenedListeners } from "../../../src/proxy/listeners/unopened.ts";
import { runtimeParts } from "../../../src/proxy/runtime_parts.ts";
import { runWorkerWith } from "../../../workers/worker.ts";

class FaultyDataPlane implements DataPlane {
  apply({ request_type }: Request): Promise<string | null> {
    if (request_type?.kind !== "remove_cluster" && request_type?.kind !== "add_cluster") {
      return Promise.resolve(null);
    }
    console.log("printed where answers are expected");
    void Promise.reject(new Error("nobody waits for this"));
    setTimeout(() => {
      throw new Error("thrown outside of any request");
    }, 0);
    return Promise.resolve(null);
  }

  readonly unopened = new UnopenedListeners({
    open: () => Promise.resolve(null),
    close: () => Promise.resolve(null),
  }, runtimeParts());

  begun(): void {}

  handOver(): Promise<null> {
    return Promise.resolve(null);
  }

  endSessions(): ClosedSessions {
    return { closed: 0n, draining: 0n };
  }

  windDown(): Promise<void> {
    return Promise.resolve();
  }

  softStop(): Promise<void> {
    return Promise.resolve();
  }

  hardStop(): void {}

  readonly probes = { protect: () => null, valuesOf: () => null };

  readonly measurements = { parts: () => null, query: () => "none", setDetail: () => "none" };
}

Deno.exit(
  await runWorkerWith(
    { id: 0, build: "faulty", commandSocket: null, softStopMs: 1_000 },
    () => new FaultyDataPlane(),
  ),
);
