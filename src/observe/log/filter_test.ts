import assert from "node:assert/strict";
import { levelOf, parseLogFilter } from "./filter.ts";

Deno.test("parseLogFilter() reads default levels and levels of modules", () => {
  const { directives, errors } = parseLogFilter("WARN, sozu::worker=debug ,,mux=");
  assert.deepEqual(errors, []);
  assert.deepEqual(directives, [
    { module: "", level: "warn" },
    { module: "sozu::worker", level: "debug" },
    { module: "mux", level: "trace" },
  ]);
});

Deno.test("parseLogFilter() tolerates one suffix after a slash and refuses a second", () => {
  assert.deepEqual(parseLogFilter("error/needle").errors, []);
  assert.deepEqual(parseLogFilter("error/needle").directives, [{ module: "", level: "error" }]);
  assert.equal(parseLogFilter("error/a/b").errors.length, 1);
});

Deno.test("parseLogFilter() reports every part that is wrong and keeps what can be kept", () => {
  const { directives, errors } = parseLogFilter("loud,a=b=c,mod=shout,other=off");
  assert.equal(errors.length, 3);
  assert.match(errors[0] as string, /"loud".*off, error, warn, info, debug, trace/);
  assert.deepEqual(directives, [
    { module: "", level: "trace" },
    { module: "other", level: "off" },
  ]);
});

Deno.test("levelOf() lets the last directive decide that names the start of the module", () => {
  const { directives } = parseLogFilter("info,sozu::worker=debug,sozu::worker::udp=error");
  assert.equal(levelOf(directives, "sozu::supervisor"), "info");
  assert.equal(levelOf(directives, "sozu::worker::tcp"), "debug");
  assert.equal(levelOf(directives, "sozu::worker::udp"), "error");
  assert.equal(levelOf(parseLogFilter("sozu=debug,warn").directives, "sozu"), "warn");
});

Deno.test("levelOf() suppresses a module no directive speaks of", () => {
  assert.equal(levelOf(parseLogFilter("mux=debug").directives, "sozu"), "off");
});
