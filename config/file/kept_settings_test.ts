import assert from "node:assert/strict";
import { loadConfig } from "./load.ts";
import { keptSettings } from "./kept_settings.ts";

function settings(text: string) {
  const result = loadConfig(text, { path: "/etc/sozu.toml", cwd: "/", readFile: () => "" });
  assert.ok(result.ok);
  return result.config;
}

Deno.test("keptSettings() names what a running proxy does not take over", () => {
  const running = settings("");
  assert.deepEqual(keptSettings(running, running), []);
  const other = settings(
    'worker_count = 7\nrequest_timeout = 3\nlog_level = "debug"\n' +
      '[metrics]\naddress = "127.0.0.1:8125"\n[clusters.a]\nprotocol = "http"\nfrontends = []\nbackends = []\n',
  );
  assert.deepEqual(keptSettings(running, other), ["log_level", "metrics", "worker_count"]);
  assert.deepEqual(keptSettings(other, running), ["log_level", "metrics", "worker_count"]);
});
