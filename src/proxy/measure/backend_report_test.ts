import assert from "node:assert/strict";
import { type Event, EventKind } from "../../../config/schema/messages.ts";
import { parseBackendAddress } from "../../balancing/backend.ts";
import { BackendSet } from "../../balancing/backend_set.ts";
import { Counter, Counters } from "../../observe/metrics/counters.ts";
import { applyLogging, endLogging, loggerOf } from "../../observe/log/log.ts";
import { Cluster } from "../../session/cluster.ts";
import { BackendReport } from "./backend_report.ts";

const THRESHOLDS = { healthy: 1, unhealthy: 1 };

/** A cluster with one backend, `<id>-1`. */
function clusterOf(id: string) {
  const cluster = new Cluster(id, new BackendSet(Math.random));
  const address = parseBackendAddress("192.0.2.1:80");
  assert.ok(address !== null);
  const config = { id: `${id}-1`, address, stickyId: null, weight: null, backup: false };
  return { cluster, backend: cluster.backends.add(config, 0) };
}

/** What `clusters` make the report write and tell, look by look. */
function setUp() {
  const lines: string[] = [];
  const events: Event[] = [];
  const counters = new Counters();
  const writeLine = (line: string) => {
    const [head = "", message = ""] = line.trimEnd().split("\t");
    lines.push(`${/ERROR|WARN|INFO/.exec(head)?.[0]} ${message}`);
  };
  applyLogging({ tag: "WRK-00", pid: 1, colored: false, json: false, writeLine }, [
    { module: "", level: "info" },
  ]);
  const report = new BackendReport(counters, loggerOf, (event) => void events.push(event));
  const tell = (clusters: readonly Cluster[]) => {
    lines.length = events.length = 0;
    report.tell(clusters);
    return { lines: [...lines], events: events.map(({ kind }) => kind) };
  };
  return { counters, tell };
}

Deno.test("BackendReport writes when a cluster begins and ends to fail open, and counts the choices", () => {
  const { counters, tell } = setUp();
  try {
    const { cluster, backend } = clusterOf("app");
    cluster.backends.recordProbe(backend, false, THRESHOLDS);
    for (let i = 0; i < 3; i++) assert.equal(cluster.backends.pick(1), backend);
    const entered = tell([cluster]);
    assert.deepEqual(entered.lines, [
      'ERROR Cluster "app": none of its 1 backends is available',
      'WARN Cluster "app" has no healthy backend: its requests go to unhealthy ones (fail-open)',
    ]);
    assert.equal(counters.get(Counter.FAIL_OPEN), 3);
    assert.equal(cluster.backends.pick(2), backend);
    assert.deepEqual(tell([cluster]).lines, [], "once");
    assert.equal(counters.get(Counter.FAIL_OPEN), 4);
    cluster.backends.recordProbe(backend, true, THRESHOLDS);
    assert.equal(cluster.backends.pick(3), backend);
    assert.deepEqual(tell([cluster]).lines, [
      'INFO Cluster "app" has an available backend again',
      'INFO Cluster "app" has healthy backends again: fail-open is over',
    ]);
    assert.equal(counters.get(Counter.FAIL_OPEN), 4);
  } finally {
    endLogging();
  }
});

Deno.test("BackendReport names the backend that is down and the one that is up", () => {
  const { tell } = setUp();
  try {
    const { cluster, backend } = clusterOf("app");
    for (let i = 1; i <= 6; i++) cluster.backends.connectFailed(backend, i * 100_000);
    assert.deepEqual(tell([cluster]), {
      lines: [
        'WARN Connecting to backend "app-1" (192.0.2.1:80) of cluster "app" failed: unknown',
        'ERROR Backend "app-1" (192.0.2.1:80) of cluster "app" is down',
        'ERROR Cluster "app": none of its 1 backends is available',
      ],
      events: [EventKind.BACKEND_DOWN, EventKind.NO_AVAILABLE_BACKENDS],
    });
    cluster.backends.connectSucceeded(backend, 1, 700_000);
    assert.deepEqual(tell([cluster]), {
      lines: [
        'INFO Backend "app-1" (192.0.2.1:80) of cluster "app" is up again',
        'INFO Cluster "app" has an available backend again',
      ],
      events: [EventKind.BACKEND_UP, EventKind.CLUSTER_RECOVERED],
    });
  } finally {
    endLogging();
  }
});

Deno.test("BackendReport limits the lines of one look, not its events", () => {
  const { tell } = setUp();
  try {
    const clusters = Array.from({ length: 200 }, (_, index) => {
      const { cluster, backend } = clusterOf(`c${index}`);
      cluster.backends.recordProbe(backend, false, THRESHOLDS);
      return cluster;
    });
    const { lines, events } = tell(clusters);
    assert.equal(lines.length, 51);
    assert.equal(lines.at(-1), "WARN 150 more lines about backends omitted");
    assert.equal(events.length, 400);
  } finally {
    endLogging();
  }
});

Deno.test("BackendReport tells the first of failures in a row at once, with the system's reason", () => {
  const { tell } = setUp();
  try {
    const { cluster, backend } = clusterOf("app");
    const refused = new Error("Connection refused (os error 111)");
    const line =
      'WARN Connecting to backend "app-1" (192.0.2.1:80) of cluster "app" failed: Connection refused (os error 111)';
    cluster.backends.connectFailed(backend, 0, refused);
    const first = tell([cluster]);
    assert.deepEqual([first.lines, first.events], [[line], []]);
    cluster.backends.connectFailed(backend, 100_000, refused);
    assert.deepEqual(tell([cluster]).lines, [], "the second in a row");
    // One that comes and goes between two looks is told once.
    for (let i = 2; i < 6; i++) {
      cluster.backends.connectSucceeded(backend, 1, i * 100_000);
      cluster.backends.connectFailed(backend, i * 100_000 + 1, refused);
    }
    assert.deepEqual(tell([cluster]).lines, [line]);
    cluster.backends.remove("app-1", "192.0.2.1:80");
    tell([cluster]);
    cluster.backends.connectFailed(backend, 1e9, refused);
    assert.deepEqual(tell([cluster]).lines, [], "one that is removed");
  } finally {
    endLogging();
  }
});

Deno.test("BackendReport keeps the reason of a failure on one line", () => {
  const { tell } = setUp();
  try {
    const { cluster, backend } = clusterOf("app");
    cluster.backends.connectFailed(backend, 0, new Error("odd\n\x1b[2J"));
    assert.match(tell([cluster]).lines.join(), /failed: odd \?\[2J$/);
  } finally {
    endLogging();
  }
});
