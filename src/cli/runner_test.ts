// Whole command lines against a scripted main on a real socket: what is sent, what is printed where,
// and the exit code.

import assert from "node:assert/strict";
import {
  EventKind,
  LoadBalancingAlgorithms,
  ResponseStatus,
  RunState,
} from "../../config/schema/messages.ts";
import { CapturedTerminal, environmentFor } from "../../tests/support/cli/cli.ts";
import {
  answering,
  Configured,
  type Content,
  noStart,
  type RequestType,
} from "../../tests/support/cli/cli_run.ts";
import { ScriptedMain, type ScriptedPeer } from "../../tests/support/cli/scripted_main.ts";
import { runCliIn } from "./main.ts";
import type { Starters } from "./runner.ts";

const { OK, FAILURE, PROCESSING } = ResponseStatus;

const WORKERS: Content = {
  kind: "workers",
  value: { vec: [{ id: 0, pid: 4242, run_state: RunState.RUNNING }] },
};

Deno.test("runCli sends a request and shows the answer as text", async () => {
  const seen: RequestType[] = [];
  await using main = new ScriptedMain(
    answering(seen, () => ({ status: OK, message: "all\x1b[2J fine", content: WORKERS })),
  );
  await using sozu = new Configured(main.path);
  const { code, out, err } = await sozu.run(["status"]);
  assert.deepEqual([code, err], [0, ""]);
  assert.deepEqual(seen, [{ kind: "status", value: {} }]);
  assert.match(out, /^Success: all\\u\{1b\}\[2J fine\n/);
  assert.match(out, /4242.*RUNNING/);
});

Deno.test("runCli --json prints only the content, and {} without any", async () => {
  await using main = new ScriptedMain(
    answering(
      [],
      ({ kind }) =>
        kind === "status" ? { status: OK, message: "fine", content: WORKERS } : { status: OK },
    ),
  );
  await using sozu = new Configured(main.path);
  const status = await sozu.run(["status", "--json"]);
  assert.deepEqual(JSON.parse(status.out), {
    WORKERS: { vec: [{ id: 0, pid: 4242, run_state: "RUNNING" }] },
  });
  assert.match(status.out, /^\{\n {2}"WORKERS": \{\n {4}"vec"/);
  assert.equal((await sozu.run(["-j", "logging", "info"])).out, "{}\n");
});

Deno.test("runCli reports a FAILURE on stderr and exits with 1", async () => {
  await using main = new ScriptedMain(
    answering([], () => ({ status: FAILURE, message: "no such\ncluster\x07" })),
  );
  await using sozu = new Configured(main.path);
  for (const line of [["cluster", "remove", "-i", "x"], ["metrics", "get"], ["status"]]) {
    const { code, out, err } = await sozu.run(line);
    assert.deepEqual([code, out], [1, ""]);
    assert.equal(err, "error: no such\\u{a}cluster\\u{7}\n");
  }
});

Deno.test("runCli --json writes every problem as one JSON object on a line of stderr", async () => {
  await using main = new ScriptedMain(async (peer) => {
    for (let request = await peer.next(); request !== null; request = await peer.next()) {
      if (request.kind === "status") await peer.answer(FAILURE, "no such\ncluster\x07");
    }
  });
  await using sozu = new Configured(main.path, "worker_count = -1\nnonsense = 1");
  await using nobody = new Configured("/tmp/there-is-no-such-folder/sozu.sock");
  const cases: [Configured, args: string[], code: number, kinds: string[]][] = [
    [sozu, ["-j", "status"], 1, ["refused"]],
    [sozu, ["state", "stats", "--json", "-t", "10"], 1, ["timeout"]],
    [sozu, ["config", "check", "-j"], 1, ["configuration", "configuration"]],
    [sozu, ["-j", "cluster", "list", "-i", "a", "-d", "b"], 1, ["failed"]],
    [sozu, ["-j", "start", "--socket", "x"], 1, ["usage"]],
    [sozu, ["-j", "cluster", "remove"], 2, ["usage"]],
    [sozu, ["-j", "cluster"], 2, ["usage"]],
    [sozu, ["nope", "--json"], 2, ["usage"]],
    [nobody, ["status", "-j"], 1, ["cannot_connect"]],
  ];
  for (const [at, args, code, kinds] of cases) {
    const outcome = await at.run(args);
    assert.deepEqual([outcome.code, outcome.out], [code, ""], args.join(" "));
    const problems = outcome.err.trimEnd().split("\n").map((line) => JSON.parse(line).ERROR);
    assert.deepEqual(problems.map(({ kind }) => kind), kinds, outcome.err);
    for (const { message } of problems) assert.match(message, /^[^:]/);
    assert.doesNotMatch(outcome.err, /[^\n\P{Cc}]/u);
  }
});

Deno.test("runCli says what to do when no process listens", async () => {
  await using sozu = new Configured("/tmp/there-is-no-such-folder/sozu.sock");
  const { code, out, err } = await sozu.run(["status"]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /^error: Cannot connect to the command socket .*no-such-folder\/sozu\.sock/);
  assert.match(err, /Is sozu running .*sozu start -c .*\.toml\n$/);
});

Deno.test("runCli gives up after --timeout and says how to wait longer", async () => {
  await using main = new ScriptedMain(async (peer) => {
    while (await peer.next() !== null);
  });
  await using sozu = new Configured(main.path);
  const { code, err } = await sozu.run(["status", "-t", "20"]);
  assert.equal(code, 1);
  assert.match(err, /within 20 ms.*--timeout MS \(0 = for ever\)\n$/);
  await using impatient = new Configured(main.path, "ctl_command_timeout = 21");
  assert.match((await impatient.run(["status"])).err, /within 21 ms/);
});

Deno.test("runCli -t 0 waits without a limit", async () => {
  const asked = Promise.withResolvers<ScriptedPeer>();
  await using main = new ScriptedMain(async (peer) => {
    await peer.next();
    asked.resolve(peer);
    await peer.next();
  });
  await using sozu = new Configured(main.path, "ctl_command_timeout = 1");
  const running = sozu.run(["-t", "0", "status"]);
  const peer = await asked.promise;
  await peer.answer(PROCESSING, "still working");
  await new Promise((resolve) => setTimeout(resolve, 30));
  await peer.answer(OK, "at last");
  assert.equal((await running).out, "Success: at last\n");
});

Deno.test("runCli needs a configuration file and takes it from SOZU_CONFIG as well", async () => {
  await using main = new ScriptedMain(answering([], () => ({ status: OK, message: "fine" })));
  await using sozu = new Configured(main.path);
  const terminal = new CapturedTerminal();
  assert.equal(await runCliIn(environmentFor(terminal), ["status"], noStart), 1);
  assert.match(terminal.err, /--config FILE or set SOZU_CONFIG, or --socket PATH/);
  for (const command of [["start"], ["config", "check"]]) {
    const local = new CapturedTerminal();
    assert.equal(await runCliIn(environmentFor(local), command, noStart), 1);
    assert.match(local.err, /--config FILE or set SOZU_CONFIG$/m, "a socket would not help");
  }
  const variable = (name: string) => name === "SOZU_CONFIG" ? sozu.path : undefined;
  assert.equal(await runCliIn(environmentFor(terminal, { variable }), ["status"], noStart), 0);
});

Deno.test("runCli exits with 2 for syntax errors and with 0 for help and version", async () => {
  const exits: [args: string[], code: number][] = [
    [["--help"], 0],
    [["help", "cluster"], 0],
    [["-V"], 0],
    [["--version"], 0],
    [[], 2],
    [["cluster"], 2],
    [["nope"], 2],
    [["cluster", "remove"], 2],
    [["frontend", "http", "add", "-a", "1.2.3.4:5", "--hostname", "a", "id"], 2],
    [["connection-limit", "set", "x"], 2],
  ];
  for (const [args, code] of exits) {
    assert.equal(
      await runCliIn(environmentFor(new CapturedTerminal()), args, noStart),
      code,
      args.join(" "),
    );
  }
});

Deno.test("runCli config check prints every problem, or that there is none", async () => {
  await using good = new Configured("/tmp/s.sock");
  const valid = await good.run(["config", "check"]);
  assert.deepEqual(valid, { code: 0, out: "Configuration file is valid\n", err: "" });
  const json = await good.run(["--json", "config", "check"]);
  assert.deepEqual(json, { code: 0, out: "{}\n", err: "" });
  await using bad = new Configured("/tmp/s.sock", 'worker_count = -1\nnonsense = 2\n"\\u001b" = 1');
  const { code, out, err } = await bad.run(["config", "check"]);
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /\.toml:2: worker_count: /);
  assert.match(err, /\.toml:3: nonsense: /);
  assert.doesNotMatch(err, /[^\n\P{Cc}]/u);
});

Deno.test("runCli events prints one line an event, or one JSON document an event", async () => {
  const script = (interrupt: () => void) => async (peer: ScriptedPeer) => {
    if (await peer.next() === null) return;
    await peer.answer(PROCESSING, "main", {
      kind: "event",
      value: { kind: EventKind.EVENTS_SUBSCRIBED },
    });
    await peer.answer(PROCESSING, "1", {
      kind: "event",
      value: { kind: EventKind.BACKEND_DOWN, cluster_id: "web", backend_id: "b\x9b" },
    });
    interrupt();
  };
  for (const json of [false, true]) {
    const interruption = new AbortController();
    const terminal = new CapturedTerminal();
    const lines = Promise.withResolvers<void>();
    const stdout = (text: string) => {
      terminal.stdout(text);
      if (terminal.out.split("\n").length > 2) lines.resolve();
    };
    await using main = new ScriptedMain(script(() => {
      void lines.promise.then(() => interruption.abort());
    }));
    await using sozu = new Configured(main.path);
    const overrides = { stdout, interrupted: interruption.signal };
    const args = json ? ["events", "-j"] : ["events"];
    assert.equal((await sozu.run(args, overrides)).code, 0);
    assert.doesNotMatch(terminal.out, /[^\n\P{Cc}]/u);
    const [first, second] = terminal.out.split("\n");
    if (json) {
      const { EVENT: { unix_ms, ...event } } = JSON.parse(second ?? "");
      assert.ok(Math.abs(unix_ms - Date.now()) < 60_000);
      assert.deepEqual({ EVENT: event }, {
        EVENT: {
          kind: "BACKEND_DOWN",
          cluster_id: "web",
          backend_id: "b\x9b",
          address: null,
          metric_detail: null,
        },
      });
    } else {
      assert.match(
        first ?? "",
        /^\d{4}-\d\d-\d\dT\S+Z main, events subscribed, backend=, cluster=, address=$/,
      );
      assert.match(second ?? "", /Z 1, backend down, backend=b\\u\{9b\}, cluster=web, address=$/);
    }
  }
});

Deno.test("runCli cluster h2 and connection-attempts send the cluster back with one field changed", async () => {
  const cluster = {
    cluster_id: "web",
    sticky_session: true,
    https_redirect: false,
    load_balancing: LoadBalancingAlgorithms.MAGLEV,
    answers: new Map([["503", "busy"]]),
    authorized_hashes: [],
    max_connections_per_ip: 7n,
  };
  const information = {
    configuration: cluster,
    http_frontends: [],
    https_frontends: [],
    tcp_frontends: [],
    backends: [],
    udp_frontends: [],
  };
  const seen: RequestType[] = [];
  await using main = new ScriptedMain(answering(seen, ({ kind }) => {
    const vec = kind === "query_cluster_by_id" ? [information] : [];
    return { status: OK, content: { kind: "clusters", value: { vec } } };
  }));
  await using sozu = new Configured(main.path);
  assert.equal((await sozu.run(["cluster", "h2", "enable", "-i", "web"])).code, 0);
  assert.deepEqual(seen, [
    { kind: "query_cluster_by_id", value: "web" },
    { kind: "add_cluster", value: { ...cluster, http2: true } },
  ]);
  const attempts = ["cluster", "connection-attempts"];
  assert.equal((await sozu.run([...attempts, "set", "-i", "web", "7"])).code, 0);
  assert.deepEqual(seen.pop(), {
    kind: "add_cluster",
    value: { ...cluster, max_connection_attempts: 7 },
  });
  Object.assign(cluster, { max_connection_attempts: 7 });
  assert.equal((await sozu.run([...attempts, "unset", "-i", "web"])).code, 0);
  const { max_connection_attempts: _, ...without } = { max_connection_attempts: 7, ...cluster };
  assert.deepEqual(seen.pop(), { kind: "add_cluster", value: without });
  const missing = await sozu.run(["cluster", "h2", "disable", "-i", "other"]);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /Cannot find the cluster "other"/);
});

Deno.test("runCli upgrade replaces main and asks the new one how its workers are", async () => {
  for (const [state, code] of [[RunState.RUNNING, 0], [RunState.NOT_ANSWERING, 1]] as const) {
    const seen: RequestType[] = [];
    const workers: Content = {
      kind: "workers",
      value: {
        vec: [
          { id: 2, pid: 1, run_state: RunState.RUNNING },
          { id: 3, pid: 2, run_state: state },
        ],
      },
    };
    await using main = new ScriptedMain(
      answering(
        seen,
        (request) =>
          request.kind === "status"
            ? { status: OK, content: workers }
            : { status: OK, message: "done" },
      ),
    );
    await using sozu = new Configured(main.path);
    const { code: exit, out, err } = await sozu.run(["upgrade"]);
    assert.deepEqual(seen.map(({ kind }) => kind), ["upgrade_main", "status"]);
    assert.match(out, /^Success: done\n/);
    assert.match(out, /RUNNING/i);
    assert.equal(exit, code);
    if (code === 1) assert.match(err, /1 of the new workers do not run/);
  }
});

Deno.test("runCli upgrade ends when main is not replaced", async () => {
  const seen: RequestType[] = [];
  await using main = new ScriptedMain(
    answering(seen, () => ({ status: FAILURE, message: "everything goes on" })),
  );
  await using sozu = new Configured(main.path);
  const { code, err } = await sozu.run(["upgrade"]);
  assert.equal(seen.length, 1);
  assert.match(err, /everything goes on/);
  assert.equal(code, 1);
});

Deno.test("runCli metrics get --refresh shows until interrupted, redrawing only on a terminal", async () => {
  const cases: [stdoutIsTerminal: boolean, args: string[], redraws: boolean][] = [
    [false, [], false],
    [true, [], true],
    [true, ["--json"], false],
  ];
  for (const [stdoutIsTerminal, args, redraws] of cases) {
    const interruption = new AbortController();
    let rounds = 0;
    await using main = new ScriptedMain(answering([], () => ({
      status: OK,
      message: `round ${++rounds}`,
    })));
    await using sozu = new Configured(main.path);
    const { code, out } = await sozu.run(["metrics", "get", "--refresh", "1", ...args], {
      stdoutIsTerminal,
      interrupted: interruption.signal,
      sleep: (ms) => {
        assert.equal(ms, 1_000);
        if (rounds === 2) interruption.abort();
        return Promise.resolve();
      },
    });
    assert.equal(code, 0);
    assert.equal(rounds, 2);
    assert.equal(out.includes("\x1b"), redraws);
  }
});

Deno.test("runCli start hands over the configuration file and returns the exit code", async () => {
  const environment = environmentFor(new CapturedTerminal());
  const started: string[] = [];
  const proxy: Starters["proxy"] = ({ configPath }) => {
    started.push(configPath);
    return Promise.resolve(7);
  };
  const starters = { ...noStart, proxy };
  assert.equal(await runCliIn(environment, ["start", "-c", "a.toml"], starters), 7);
  assert.equal(await runCliIn(environment, ["--config", "b.toml", "start"], starters), 7);
  assert.deepEqual(started, ["a.toml", "b.toml"]);
  assert.equal(await runCliIn(environment, ["start"], starters), 1);
});

Deno.test("runCli connector hands over its file, or where one may be, and returns the exit code", async () => {
  const variable = (name: string) => name === "HOME" ? "/home/me" : undefined;
  const environment = environmentFor(new CapturedTerminal(), { variable });
  const started: [readonly string[], number][] = [];
  const connector: Starters["connector"] = ({ configPaths, verbosity }) => {
    started.push([configPaths, verbosity]);
    return Promise.resolve(3);
  };
  const starters = { ...noStart, connector };
  const named = ["connector", "prometheus", "-vv", "--config", "c.toml"];
  assert.equal(await runCliIn(environment, named, starters), 3);
  assert.equal(await runCliIn(environment, ["connector", "prometheus"], starters), 3);
  assert.deepEqual(started[0], [["c.toml"], 2]);
  assert.ok(started[1]?.[0].includes("/etc/sozu/connector/prometheus.toml"));
  assert.ok(started[1]?.[0].includes("/home/me/.config/sozu-prometheus-connector/config.toml"));
});
