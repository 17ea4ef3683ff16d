import assert from "node:assert/strict";
import { commandSettings, readCommandSettings } from "./command_settings.ts";

const AT = { path: "conf/sozu.toml", cwd: "/srv" };

function settingsOf(text: string) {
  const result = readCommandSettings(text, AT);
  assert.ok(result.ok, JSON.stringify(result));
  return result;
}

Deno.test("readCommandSettings() seeks the socket beside the file, else in the working directory", () => {
  const named = (text: string) => settingsOf(text).settings.command_socket;
  assert.equal(named('command_socket = "run/s.sock"'), "/srv/conf/run/s.sock");
  assert.equal(named('command_socket = "/run/s.sock"'), "/run/s.sock");
  assert.equal(named(""), "/srv/sozu.sock");
  assert.deepEqual(settingsOf("").settings, commandSettings("/srv/sozu.sock"));
});

Deno.test("readCommandSettings() reads top-level keys only, wherever tables seem to begin", () => {
  const cases: [text: string, timeout: number][] = [
    ['log_target = """\n[fake]\n"""\nctl_command_timeout = 7', 7],
    ["command_allowed_uids = [\n[1],\n]\nctl_command_timeout = 7", 7],
    ["[a]\nctl_command_timeout = 7", 1_000],
    ["ctl_command_timeout = 7\n[a\nctl_command_timeout = 8", 7],
    ['"ctl_command_timeout" = 7\r\n= broken\r\n', 7],
    ["a.ctl_command_timeout = 7", 1_000],
    ['log_target = """\nctl_command_timeout = 9\n"""\n[[listeners]]\nbroken', 1_000],
  ];
  for (const [text, timeout] of cases) {
    const { settings } = settingsOf(`command_socket = "s"\n${text}`);
    assert.equal(settings.ctl_command_timeout, timeout, text);
  }
});

Deno.test("readCommandSettings() keeps the default of a key with a wrong value, and says so", () => {
  const text = 'front_timeout = "soon"\nback_timeout = 7\nbuffer_size = -1\nworker_count = "x"';
  const { settings, ignored } = settingsOf(text);
  assert.deepEqual([settings.front_timeout, settings.back_timeout], [60, 7]);
  assert.deepEqual(ignored.map(({ line, key }) => [line, key]), [
    [1, "front_timeout"],
    [3, "buffer_size"],
  ]);
});

Deno.test("readCommandSettings() fails only where the socket cannot be told", () => {
  for (const text of ["command_socket = 1", 'command_socket = ""', "command_socket = ", "= x"]) {
    const result = readCommandSettings(text, AT);
    assert.ok(!result.ok, text);
    assert.equal(result.problem.line, 1);
  }
});
