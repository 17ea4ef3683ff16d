// How a command finds the command socket, how long it waits there, and how it ends.

import assert from "node:assert/strict";
import { ResponseStatus } from "../../config/schema/messages.ts";
import { CapturedTerminal, environmentFor } from "../../tests/support/cli/cli.ts";
import { answering, Configured, noStart } from "../../tests/support/cli/cli_run.ts";
import { ScriptedMain } from "../../tests/support/cli/scripted_main.ts";
import { runCliIn } from "./main.ts";

const { OK, FAILURE } = ResponseStatus;

Deno.test("runCli reads the command socket and the timeout of a file, whatever else is wrong with it", async () => {
  await using main = new ScriptedMain(answering([], () => ({ status: OK, message: "fine" })));
  const faults = [
    'worker_count = -1\nnonsense = 2\n"\\u001b" = 1',
    '[[listeners]]\naddress = 7\nprotocol = "https"\ncertificate = "/no/such/file"\nkey = "/no/such/key"',
    "[[listeners]]\nthis is not TOML",
    "worker_count = = 3\nctl_command_timeout = 5000",
    'log_target = """\nctl_command_timeout = 5000',
  ];
  for (const fault of faults) {
    await using sozu = new Configured(main.path, fault);
    const outcome = await sozu.run(["logging", "info"]);
    assert.deepEqual([outcome.code, outcome.err], [0, ""], fault);
  }
  await using slow = new Configured("/tmp/x", "ctl_command_timeout = true");
  const { code, err } = await slow.run(["--socket", main.path, "status"]);
  assert.equal(code, 0);
  assert.match(err, /^warning: .*\.toml:2: ctl_command_timeout: Wrong value/);
});

Deno.test("runCli says how to do without a file that does not tell the socket", async () => {
  const texts = ["command_socket = 7", "command_socket = [", "command_socket = 'x/'"];
  for (const text of texts) {
    const path = Deno.makeTempFileSync({ suffix: ".toml" });
    Deno.writeTextFileSync(path, text);
    const terminal = new CapturedTerminal();
    const code = await runCliIn(environmentFor(terminal), ["-c", path, "status"], noStart);
    Deno.removeSync(path);
    assert.equal(code, 1);
    assert.match(terminal.err, /^error: .*\.toml:1: .*--socket PATH\n$/);
  }
});

Deno.test("runCli --socket works without a file, and with one that cannot be read", async () => {
  await using main = new ScriptedMain(answering([], () => ({ status: OK, message: "fine" })));
  const cwd = main.path.slice(0, main.path.lastIndexOf("/"));
  const name = main.path.slice(cwd.length + 1);
  const gone = (variable: string) => variable === "SOZU_CONFIG" ? "/no/such.toml" : undefined;
  const broken = Deno.makeTempFileSync({ suffix: ".toml" });
  Deno.writeTextFileSync(broken, "[[[");
  const lines: [args: string[], variable: typeof gone, code: number][] = [
    [["--socket", main.path, "status"], () => undefined, 0],
    [["cluster", "list", "--socket", name], () => undefined, 0],
    [["status", `--socket=${main.path}`], gone, 0],
    [["status", "--socket", main.path, "-c", broken], gone, 0],
    // A file that is named must exist.
    [["status", "--socket", main.path, "-c", "/no/such.toml"], gone, 1],
    [["start", "--socket", main.path, "-c", broken], gone, 1],
    [["config", "check", "--socket", main.path], gone, 1],
    [["--socket", main.path, "connector", "prometheus"], gone, 1],
  ];
  for (const [args, variable, code] of lines) {
    const terminal = new CapturedTerminal();
    const environment = environmentFor(terminal, { cwd, variable });
    assert.equal(await runCliIn(environment, args, noStart), code, args.join(" ") + terminal.err);
  }
  Deno.removeSync(broken);
});

Deno.test("runCli waits for shutdown, upgrade, reload and state as long as they take", async () => {
  const lines = [
    ["shutdown"],
    ["shutdown", "--hard"],
    ["upgrade", "--worker", "1"],
    ["reload"],
    ["state", "load", "-f", "x"],
    ["state", "save", "-f", "x"],
  ];
  for (const line of [...lines, ["upgrade"]]) {
    await using late = new ScriptedMain(async (peer) => {
      if (await peer.next() === null) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
      await peer.answer(FAILURE, "after all");
    });
    await using patient = new Configured(late.path, "ctl_command_timeout = 5");
    assert.match((await patient.run(line)).err, /after all/, line.join(" "));
    await using silent = new ScriptedMain(async (peer) => {
      while (await peer.next() !== null);
    });
    await using limited = new Configured(silent.path);
    assert.match((await limited.run([...line, "-t", "5"])).err, /within 5 ms/, line.join(" "));
  }
});

Deno.test("runCli ends a command that waits without a limit when the user interrupts", async () => {
  for (const line of [["upgrade"], ["shutdown"], ["listener", "list", "-t", "0"]]) {
    const interruption = new AbortController();
    await using main = new ScriptedMain(async (peer) => {
      await peer.next();
      interruption.abort();
      await peer.next();
    });
    await using sozu = new Configured(main.path);
    const { code, err } = await sozu.run(line, { interrupted: interruption.signal });
    assert.equal(code, 1);
    assert.match(err, /^error: Interrupted/);
  }
});
