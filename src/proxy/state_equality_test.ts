// Main and its workers after every verb of the schema: random sequences of changes go the way they go in real
// life (into main's state, to a worker, back out of both when the worker refuses), and after each of them the
// worker's state must be main's, and its data plane must be that of a worker that begins with main's state now.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { formatAddress } from "../../config/values/address.ts";
import { diff } from "../../config/diff/diff.ts";
import { Request, ResponseStatus, type SocketAddress } from "../../config/schema/messages.ts";
import { missingListener } from "../../config/state/verbs.ts";
import type { ConfigState } from "../../config/state/state.ts";
import { stateAfter } from "../../tests/support/config/state.ts";
import { plainKind } from "../../config/state/twin_verbs.ts";
import { changesState, type Verb } from "../../config/state/verbs.ts";
import { prepareUndo, type Undo } from "../../config/undo/undo.ts";
import { type Cluster, DEFAULT_SETTINGS } from "../session/cluster.ts";
import {
  changes,
  HOSTS,
  MEETINGS,
  SOME_LISTENERS,
} from "../../tests/support/session/plane_changes.ts";
import { serverDefaults } from "../../tests/support/session/proxy.ts";
import { ControlLoop } from "./control_loop.ts";
import { type PlaneContents, ProxyDataPlane } from "./data_plane.ts";
import type { HttpRoutes } from "./listeners/http_routes.ts";
import { runtimeParts } from "./runtime_parts.ts";

/** Verbs that change no configuration: they ask, concern processes, or never reach a worker's state. */
const UNCHANGING: readonly string[] = [
  "Logging",
  "adopt_worker",
  "close_listener_socket",
  "close_sessions",
  "configure_metrics",
  "count_requests",
  "hard_stop",
  "launch_worker",
  "list_frontends",
  "list_listeners",
  "list_workers",
  "load_state",
  "probe_listener",
  "protected_health_check_order",
  "query_certificates_from_the_state",
  "query_certificates_from_workers",
  "query_cluster_by_id",
  "query_clusters_by_domain",
  "query_clusters_hashes",
  "query_health_checks",
  "query_listener_socket",
  "query_max_connections_per_ip",
  "query_max_connections_per_subnet",
  "query_metrics",
  "query_protected_health_check_support",
  "reload_configuration",
  "return_listen_sockets",
  "save_state",
  "set_max_connection_attempts",
  "set_max_connections_per_ip",
  "set_max_connections_per_subnet",
  "set_metric_detail",
  "set_protected_health_check",
  "soft_stop",
  "status",
  "steer_listener",
  "subscribe_events",
  "upgrade_main",
  "upgrade_worker",
  "wind_down",
];

const PATHS = ["/", "/api", "/api/more"];
const METHODS = ["GET", "POST", "PUT"];

/** A worker in this process. */
class TestWorker {
  readonly plane = new ProxyDataPlane(serverDefaults(), () => {}, runtimeParts());
  readonly state: ConfigState = stateAfter([]);
  #failure: string | null = null;
  readonly #loop = new ControlLoop({
    parts: runtimeParts(),
    config: serverDefaults(),
    state: this.state,
    dataPlane: this.plane,
    respond: ({ status, message }) =>
      this.#failure = status === ResponseStatus.FAILURE ? message : null,
    changeLogFilter: () => [],
  });

  /** A worker that begins with the state of `main`. */
  static async begin(main: ConfigState): Promise<TestWorker> {
    const worker = new TestWorker();
    await worker.#loop.begin({
      requests: main.dump().map((content, index) => ({ id: `SAVE-${index}`, content })),
    });
    return worker;
  }

  /** Executes a change; the reason when it is refused. */
  async change(request: Request): Promise<string | null> {
    this.#failure = "no answer";
    await this.#loop.handle({ id: "id", content: request });
    return this.#failure;
  }

  [Symbol.dispose](): void {
    this.plane.hardStop();
  }
}

/** Everything a data plane does, as far as it follows from the configuration. */
function behaviourOf({ contents }: ProxyDataPlane): unknown {
  const certificates = [...contents.https.entries()].flatMap(([key, { certificates }]) => [
    ...certificates.fingerprints().map((each) => `${key} has ${each}`).sort(),
    ...HOSTS.map((host) => `${key} shows ${host} ${certificates.shownFor(host)}`),
    `${key} expires ${certificates.firstExpiry()}`,
  ]);
  const services = [...contents.tcpServices.entries()].flatMap(([key, services]) =>
    [...services.holders()].map(([name, id]) => `${key} "${name}" ${id}`)
  );
  const routes = [
    ...[...contents.httpRoutes.entries()].flatMap(([key, each]) => routesOf(`http ${key}`, each)),
    ...[...contents.https.entries()].flatMap(([key, each]) =>
      routesOf(`https ${key}`, each.routes)
    ),
  ];
  return {
    listeners: listenersOf(contents),
    routes: routes.sort(),
    certificates: certificates.filter((line) => !line.endsWith(" null")).sort(),
    services: services.sort(),
    clusters: [...contents.clusters.values()].flatMap((it) => clusterOf(it, contents)).sort(),
  };
}

function listenersOf({ listeners }: PlaneContents): unknown {
  const { http, https, tcp } = listeners;
  return {
    http: sorted([...http.values()].map((it) => ({ ...settingsOf(it), ...contextOf(it.front) }))),
    https: sorted([...https.values()].map((it) => ({ ...settingsOf(it), ...contextOf(it.front) }))),
    tcp: sorted([...tcp.values()].map(settingsOf)),
  };
}

interface TestedListener {
  readonly active: boolean;
  readonly config: { readonly address: SocketAddress; readonly public_address?: SocketAddress };
}

/** Settings with addresses as text: one address can be spelled in several ways. */
function settingsOf({ active, config }: TestedListener) {
  const { address, public_address: shown = address } = config;
  return {
    ...config,
    active,
    address: formatAddress(address),
    public_address: formatAddress(shown),
  };
}

function sorted<T extends { address: string }>(listeners: T[]): T[] {
  return listeners.sort((a, b) => a.address < b.address ? -1 : 1);
}

/** What sessions get, without what is bound to the address. */
function contextOf({ starter }: { readonly starter: { context: object } }): object {
  const { routes: _routes, ...context } = starter.context as { routes?: unknown };
  return context;
}

function routesOf(key: string, { table, inheritedHsts }: HttpRoutes): string[] {
  if (table.size === 0) return [];
  const lines = [`${key} has ${table.size}`];
  for (const host of HOSTS) {
    for (const path of PATHS) {
      for (const method of METHODS) {
        const bytes = new TextEncoder().encode(`${method}${host}${path}`);
        const [at, end] = [method.length, method.length + host.length];
        const found = table.lookup(bytes, at, end, end, bytes.length, 0, at);
        if (found === null) continue;
        const hsts = found.hsts === inheritedHsts ? "inherited" : found.hsts?.header ?? null;
        lines.push(`${key} ${method} ${host}${path} ${found.cluster?.id} ${hsts}`);
      }
    }
  }
  return lines;
}

/** A cluster that has only been named is none; the order of its backends is not told. */
function clusterOf({ id, settings, backends }: Cluster, { healthChecks }: PlaneContents): string[] {
  const members = backends.members.map((it) =>
    `${it.id} ${it.address.text} ${it.stickyId} ${it.weight}`
  );
  const text = JSON.stringify([settings, healthChecks.probes(id), members.sort()]);
  return text === UNCONFIGURED ? [] : [`${id} ${text}`];
}

const UNCONFIGURED = JSON.stringify([DEFAULT_SETTINGS, false, []]);

/** Main as it changes its state and one worker. */
class TestMain {
  readonly state: ConfigState = stateAfter([]);
  readonly worker: TestWorker;
  accepted = 0;

  constructor(worker: TestWorker) {
    this.worker = worker;
  }

  /** A change that a client asks for. */
  async change(verb: Verb): Promise<Undo | null> {
    return missingListener(this.state, verb) === null ? await this.apply(verb) : null;
  }

  /** A change of a batch; `null` when it is refused. */
  async apply(verb: Verb): Promise<Undo | null> {
    const undo = prepareUndo(this.state, verb);
    if (this.state.apply({ request_type: verb }) !== null) return null;
    const refusal = await this.worker.change({ request_type: verb });
    if (refusal === null) {
      this.accepted++;
      return undo;
    }
    for (const step of undo(this.state)) this.state.apply(step);
    return null;
  }

  /** Takes a change back that the worker has made. */
  async takeBack(undo: Undo): Promise<void> {
    for (const step of undo(this.state)) {
      assert.equal(this.state.apply(step), null);
      assert.equal(await this.worker.change(step), null, step.request_type?.kind);
    }
  }

  /** The worker must be as one that begins now. */
  async assertEqual(what: string): Promise<void> {
    assert.ok(this.state.equals(this.worker.state), `the states differ after ${what}`);
    using fresh = await TestWorker.begin(this.state);
    assert.deepEqual(behaviourOf(this.worker.plane), behaviourOf(fresh.plane), what);
  }
}

Deno.test("main and a worker are equal after changes that meet what is there, and after each was taken back", async () => {
  using worker = new TestWorker();
  const main = new TestMain(worker);
  for (const verb of [...SOME_LISTENERS, ...MEETINGS]) {
    const undo = await main.change(verb);
    assert.ok(undo !== null, verb.kind);
    await main.assertEqual(verb.kind);
    await main.takeBack(undo);
    await main.assertEqual(`${verb.kind} and back`);
    assert.notEqual(await main.change(verb), null, `${verb.kind} again`);
    await main.assertEqual(`${verb.kind} again`);
  }
});

const sequences = (maxLength: number) => fc.array(changes, { maxLength, size: "max" });

Deno.test("main and a worker are equal after every change, and after it was taken back", async () => {
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(sequences(25), fc.array(fc.boolean()), async (verbs, takesBack) => {
      using worker = new TestWorker();
      const main = new TestMain(worker);
      for (const verb of SOME_LISTENERS) assert.notEqual(await main.change(verb), null);
      for (const [index, verb] of verbs.entries()) {
        const undo = await main.change(verb);
        await main.assertEqual(verb.kind);
        if (undo === null || takesBack[index] !== true) continue;
        await main.takeBack(undo);
        await main.assertEqual(`${verb.kind} and back`);
      }
      accepted += main.accepted;
    }),
    { numRuns: 30, endOnFailure: true },
  );
  assert.ok(accepted > 200, `only ${accepted} changes were accepted`);
});

Deno.test("main and a worker are equal after one configuration was turned into another", async () => {
  await fc.assert(
    fc.asyncProperty(sequences(25), sequences(25), async (first, second) => {
      using worker = new TestWorker();
      const main = new TestMain(worker);
      for (const verb of [...SOME_LISTENERS, ...first]) await main.change(verb);
      using other = new TestWorker();
      const target = new TestMain(other);
      for (const verb of second) await target.change(verb);
      for (const { request_type } of diff(main.state, target.state)) {
        const undo = await main.apply(request_type as Verb);
        assert.notEqual(undo, null, `${request_type?.kind} was refused`);
        await main.assertEqual(request_type?.kind ?? "");
      }
      assert.ok(main.state.equals(target.state));
    }),
    { numRuns: 10, endOnFailure: true },
  );
});

Deno.test("the changes of this test are every verb of the schema that changes a configuration", () => {
  // A verb that has an older twin is applied as that one.
  const kinds = Request.fields.map(({ name }) => name as Verb["kind"])
    .filter((kind) => plainKind(kind) === kind);
  const drawn = new Set(fc.sample(changes, 4_000).map(({ kind }) => kind));
  assert.deepEqual([...drawn].sort(), kinds.filter(changesState).sort());
  assert.deepEqual(kinds.filter((kind) => !changesState(kind)).sort(), UNCHANGING);
});
