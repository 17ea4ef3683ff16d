// The command line against a real main process with a real worker.

import assert from "node:assert/strict";
import { accepts, freePort } from "../support/ports.ts";
import { cliOf, runSozu, sozuCommand } from "../support/cli/sozu_cli.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";

const ONE_WORKER = "worker_count = 1\n";

Deno.test("sozu status shows the workers as text and as JSON", async () => {
  await using sozu = await SozuProcess.start(ONE_WORKER);
  const { ok } = cliOf(sozu);
  const [worker] = await sozu.runningWorkers();
  assert.match(await ok("status"), new RegExp(`^Success[^]* ${worker?.pid} [^]*RUNNING`));
  assert.deepEqual(JSON.parse(await ok("status", "--json")), {
    WORKERS: { vec: [{ id: worker?.id, pid: worker?.pid, run_state: "RUNNING" }] },
  });
});

Deno.test("sozu cluster, backend and frontend commands change what main and workers know", async () => {
  await using sozu = await SozuProcess.start(ONE_WORKER);
  const { run, ok } = cliOf(sozu);
  const at = ["--address", "127.0.0.1:8080"];
  const shown = async () => JSON.parse(await ok("-j", "cluster", "list", "--id", "web"));
  const everywhere = (answer: Record<string, unknown>) => {
    const { map } = answer["WORKER_RESPONSES"] as { map: Record<string, unknown> };
    assert.deepEqual(Object.keys(map), ["0", "main"]);
    assert.deepEqual(map["0"], map["main"]);
    return JSON.stringify(map["main"]);
  };

  assert.equal(
    await ok("cluster", "add", "--id", "web", "--load-balancing-policy", "maglev"),
    "Success: cluster web is set. Applied to the one worker\n",
  );
  assert.match(await ok("cluster", "list"), / web .* no backends /);
  await ok("backend", "add", "--id", "web", "--backend-id", "b1", "--address", "127.0.0.1:9");
  assert.match(
    everywhere(await shown()),
    /"load_balancing":"MAGLEV".*"backend_id":"b1".*"weight":100/,
  );

  await ok("listener", "http", "add", ...at);
  await ok("frontend", "http", "add", ...at, "--hostname", "a.test", "-p", "/api", "id", "web");
  assert.match(
    await ok("frontend", "list", "--http"),
    /a\.test.*\/api\*.* web .*127\.0\.0\.1:8080/,
  );
  const duplicate = [
    "frontend",
    "http",
    "add",
    ...at,
    "--hostname",
    "a.test",
    "-p",
    "/api",
    "deny",
  ];
  const refused = await run(...duplicate);
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /^error: [^\n]+\n$/);
  const api = [...at, "--hostname", "a.test", "-p", "/api"];
  const canary = [...api, "--match-header", "exact=X-Canary=s3cret"];
  await ok("frontend", "http", "add", ...canary, "--redirect", "silent_close", "id", "web");
  const listed = await ok("frontend", "list", "--http");
  assert.match(listed, /a\.test.*\/api\*.* x-canary .* web /);
  assert.doesNotMatch(listed, /s3cret/);
  const wrong = await run("frontend", "http", "remove", ...canary, "deny");
  assert.deepEqual([wrong.code, /leads to cluster "web"/.test(wrong.stderr)], [1, true]);
  assert.match(
    await ok("frontend", "http", "remove", ...canary, "id", "other"),
    /nothing to remove: there is no cluster "other", and the route belongs to cluster "web"/,
  );
  await ok("frontend", "http", "remove", ...canary, "id", "web");
  await ok("frontend", "http", "remove", ...api, "id", "web");
  await ok("listener", "http", "update", ...at, "--forwarded-headers", "rfc7239");
  assert.match(await ok("listener", "list", "--verbose"), /forwarded headers.*rfc7239/);
  assert.equal(await ok("frontend", "list"), "Success: Listed frontends\nNo frontend\n");

  await ok("frontend", "http", "add", ...at, "--hostname", "*.x.test", "-p", "/api", "id", "web");
  await ok("cluster", "add", "--id", "other", "--load-balancing-policy", "random");
  await ok("frontend", "http", "add", ...at, "--hostname", "q.x.test", "deny");
  for (const [domain, found] of [["b.x.test", 1], ["B.x.test./api/v1", 1], ["b.x.test/", 0]]) {
    const text = await ok("cluster", "list", "-d", String(domain));
    assert.equal(/ web .* \*\.x\.test /.test(text), found === 1, `${domain}: ${text}`);
    assert.doesNotMatch(text, /other/);
  }
  assert.match(await ok("cluster", "list", "-d", "q.x.test/api"), /no cluster found/);
  await ok("cluster", "h2", "disable", "--id", "web");
  assert.match(everywhere(await shown()), /"load_balancing":"MAGLEV".*"http2":false/);

  await ok("backend", "remove", "--id", "web", "--backend-id", "b1", "--address", "127.0.0.1:9");
  await ok("cluster", "remove", "--id", "web");
  assert.equal(
    await ok("cluster", "list", "--id", "web"),
    "Success: Asked the one worker\nno cluster found\n",
  );
});

Deno.test("sozu listener add, activate and deactivate open and close a port", async () => {
  await using sozu = await SozuProcess.start(ONE_WORKER);
  const { ok } = cliOf(sozu);
  const port = freePort();
  const at = ["-a", `127.0.0.1:${port}`];
  await ok("listener", "http", "add", ...at, "--front-timeout", "7");
  assert.equal(await accepts(port), false);
  await ok("listener", "http", "activate", ...at);
  assert.equal(await accepts(port), true);
  await ok("listener", "http", "update", ...at, "--back-timeout", "9");
  const shown = await ok("listener", "list", "--verbose");
  assert.match(shown, new RegExp(`socket address +.+ 127\\.0\\.0\\.1:${port} `));
  assert.match(shown, /front timeout +\S+ 7 [^]*back timeout +\S+ 9 [^]*activated +\S+ true /);
  assert.match(
    await ok("listener", "list"),
    new RegExp(`HTTP .* 127\\.0\\.0\\.1:${port} .* active `),
  );
  assert.equal(
    await ok("listener", "http", "deactivate", ...at),
    `Success: HTTP listener 127.0.0.1:${port} is deactivated. Applied to the one worker\n`,
  );
  assert.equal(await accepts(port), false);
  await ok("listener", "http", "remove", ...at);
  assert.doesNotMatch(await ok("listener", "list"), new RegExp(`:${port}`));
});

Deno.test("sozu state save writes a file that state load brings back", async () => {
  await using sozu = await SozuProcess.start(ONE_WORKER);
  const { run, ok } = cliOf(sozu);
  await ok("cluster", "add", "--id", "kept", "--load-balancing-policy", "random");
  await ok("state", "save", "--file", "saved.json");
  assert.match(await Deno.readTextFile(`${sozu.folder}/saved.json`), /"cluster_id":"kept"/);
  await ok("cluster", "remove", "--id", "kept");
  await ok("state", "load", "--file", `${sozu.folder}/saved.json`);
  assert.match(await ok("cluster", "list"), /kept/);
  assert.match(await ok("state", "stats"), /AddCluster/);
  const missing = await run("state", "load", "--file", `${sozu.folder}/missing.json`);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^error: .*missing\.json/);
});

Deno.test("sozu events prints events on stdout until it is interrupted", async () => {
  await using sozu = await SozuProcess.start(ONE_WORKER);
  const { ok } = cliOf(sozu);
  const events = sozuCommand(["-c", sozu.configPath, "events"], sozu.folder).spawn();
  const lines = events.stdout.pipeThrough(new TextDecoderStream());
  let text = "";
  for await (const chunk of lines) {
    const before = text;
    text += chunk;
    if (before === "") {
      await ok("cluster", "add", "--id", "seen", "--load-balancing-policy", "random");
    }
    if (text.includes("cluster added")) events.kill("SIGINT");
  }
  await events.stderr.cancel();
  assert.equal((await events.status).code, 0);
  assert.match(text, /^\d{4}-\S+Z main, events subscribed, backend=, cluster=, address=\n/);
  assert.match(text, /\n\d{4}-\S+Z main, cluster added, backend=, cluster=seen, address=\n/);
});

Deno.test("sozu shutdown ends the main process", async () => {
  await using sozu = await SozuProcess.start(ONE_WORKER);
  const { ok } = cliOf(sozu);
  assert.match(await ok("shutdown"), /^Success/);
  assert.equal(await sozu.exitCode(), 0);
});

Deno.test("sozu exits with 1 when nobody listens and with 2 for a syntax error", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/sozu.toml`, `command_socket = "${folder}/sozu.sock"\n`);
    const refused = await runSozu(["-c", "sozu.toml", "status"], folder);
    assert.deepEqual([refused.code, refused.stdout], [1, ""]);
    assert.match(
      refused.stderr,
      /^error: Cannot connect to the command socket .*\/sozu\.sock".*\n$/,
    );
    const syntax = await runSozu(["cluster", "remove"], folder);
    assert.deepEqual([syntax.code, syntax.stdout], [2, ""]);
    assert.match(syntax.stderr, /--id/);
    assert.equal((await runSozu(["config", "check", "-c", "sozu.toml"], folder)).code, 0);
    assert.equal((await runSozu(["config", "check", "-c", "missing.toml"], folder)).code, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
