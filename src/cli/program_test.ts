import assert from "node:assert/strict";
import { parseLine } from "../../tests/support/cli/cli.ts";

Deno.test("sozu accepts the global options before and after subcommands", async () => {
  const lines = [
    ["-c", "a.toml", "-t", "5", "-j", "state", "stats"],
    ["state", "--config", "a.toml", "--timeout", "5", "--json", "stats"],
    ["state", "stats", "-c", "a.toml", "--timeout=5", "-j"],
    ["-c", "overridden.toml", "state", "-t", "5", "stats", "-j", "-ca.toml"],
  ];
  for (const line of lines) {
    const { options } = await parseLine(line);
    assert.deepEqual(options, { config: "a.toml", timeoutMs: 5, json: true }, line.join(" "));
  }
});

Deno.test("sozu leaves out global options that were not given and keeps a timeout of 0", async () => {
  assert.deepEqual((await parseLine(["status"])).options, { json: false });
  assert.deepEqual((await parseLine(["status", "-t", "0"])).options, { json: false, timeoutMs: 0 });
});

Deno.test("sozu without a subcommand shows help on stderr and fails", async () => {
  for (const line of [[], ["cluster"], ["cluster", "health-check"], ["frontend", "http"]]) {
    const parsed = await parseLine(line);
    assert.match(parsed.stderr, /Usage: sozu/);
    assert.equal(parsed.stdout, "");
    assert.notEqual(parsed.parserExit, 0);
  }
});

Deno.test("sozu help lists every command with a description", async () => {
  const { stdout, parserExit } = await parseLine(["--help"]);
  assert.equal(parserExit, 0);
  const commands = [
    ...["start", "shutdown", "upgrade", "status", "metrics", "logging", "state", "reload"],
    ...["cluster", "backend", "frontend", "listener", "certificate", "config", "events"],
    ...[
      "connection-limit",
      "subnet-connection-limit",
      "connection-attempts",
      "completions",
      "help",
    ],
  ];
  for (const command of commands) {
    assert.match(stdout, new RegExp(`^  ${command}\\b.* {2}\\S`, "m"), command);
  }
  assert.doesNotMatch(stdout, /^ {2}worker\b/m);
});

Deno.test("sozu help explains each level", async () => {
  for (const line of [["help", "cluster"], ["cluster", "-h"], ["cluster", "help"]]) {
    const { stdout, parserExit } = await parseLine(line);
    assert.equal(parserExit, 0);
    assert.match(stdout, /Usage: sozu cluster/);
    assert.match(stdout, /health-check/);
  }
  const { stdout } = await parseLine(["frontend", "http", "add", "--help"]);
  assert.match(stdout, /\(id <CLUSTER_ID> \| deny\)/);
  assert.match(stdout, /Global options:/);
});

Deno.test("sozu prints its version on one line, and more with --version", async () => {
  const short = await parseLine(["-V"]);
  assert.equal(short.parserExit, 0);
  assert.match(short.stdout, /^sozu [0-9]+\.[0-9]+\.[0-9]+\n$/);
  const long = await parseLine(["--version"]);
  assert.equal(long.parserExit, 0);
  assert.match(long.stdout, /^sozu .*compatible with sozu 2\.3\.3.*\ndeno .*\n$/);
});

Deno.test("sozu refuses unknown options, bad numbers and superfluous arguments", async () => {
  const lines = [["status", "--nope"], ["-t", "soon", "status"], ["status", "extra"], ["nope"]];
  for (const line of lines) {
    const parsed = await parseLine(line);
    assert.match(parsed.stderr, /^error: /, line.join(" "));
    assert.notEqual(parsed.parserExit, 0);
  }
});
