import assert from "node:assert/strict";
import { waitFor } from "../../tests/support/wait.ts";
import { isReload, ServiceManager } from "./service_manager.ts";

function harness() {
  const sent: string[] = [];
  const manager = new ServiceManager({
    send: (message) => {
      sent.push(message.replace(/USEC=\d+/, "USEC=n"));
      return Promise.resolve(null);
    },
  });
  return { sent, manager };
}

Deno.test("isReload() takes changes and files for one, questions and metric leases not", () => {
  for (const kind of ["add_backend", "load_state", "Logging", "upgrade_worker"] as const) {
    assert.ok(isReload(kind), kind);
  }
  for (
    const kind of ["status", "set_metric_detail", "query_metrics", "subscribe_events"] as const
  ) {
    assert.ok(!isReload(kind), kind);
  }
});

Deno.test("ServiceManager brackets overlapping requests once, and none before it is ready or when it stops", () => {
  const { sent, manager } = harness();
  manager.beginReload();
  manager.endReload();
  manager.ready();
  manager.beginReload();
  manager.beginReload();
  manager.endReload();
  manager.beginReload();
  manager.endReload();
  manager.endReload();
  manager.mainPid(42);
  manager.beginReload();
  manager.stopping();
  manager.endReload();
  manager.stopping();
  assert.deepEqual(sent, [
    "READY=1\n",
    "RELOADING=1\nMONOTONIC_USEC=n\n",
    "READY=1\n",
    "MAINPID=42\n",
    "RELOADING=1\nMONOTONIC_USEC=n\n",
    "STOPPING=1\n",
  ]);
});

Deno.test("ServiceManager says that it is alive twice in the interval, when it is the one asked", async () => {
  const { sent, manager } = harness();
  manager.watch({ WATCHDOG_USEC: "0" });
  manager.watch({ WATCHDOG_USEC: "nonsense" });
  manager.watch({ WATCHDOG_USEC: "20000", WATCHDOG_PID: "1" });
  manager.watch({ WATCHDOG_USEC: "20000", WATCHDOG_PID: String(Deno.pid) });
  await waitFor("three signs of life", () => sent.length >= 3);
  manager.close();
  assert.ok(sent.every((message) => message === "WATCHDOG=1\n"), sent.join());
});

Deno.test("ServiceManager without a service manager, or with an impossible one, says nothing and goes on", () => {
  for (const NOTIFY_SOCKET of [undefined, "", "nowhere"]) {
    const manager = ServiceManager.open({ NOTIFY_SOCKET, WATCHDOG_USEC: "1000" });
    manager.ready();
    manager.stopping();
    manager.close();
  }
});
