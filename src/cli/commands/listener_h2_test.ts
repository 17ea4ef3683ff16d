import assert from "node:assert/strict";
import { parseAddress } from "../../../config/values/address.ts";
import { parseLine } from "../../../tests/support/cli/cli.ts";

const AT = ["--address", "127.0.0.1:80"];
const PATCH = { address: parseAddress("127.0.0.1:80"), answers: new Map<string, string>() };

const H2_NUMBERS: [option: string, field: string, wide: boolean][] = [
  ["--h2-max-rst-stream-per-window", "h2_max_rst_stream_per_window", false],
  ["--h2-max-ping-per-window", "h2_max_ping_per_window", false],
  ["--h2-max-settings-per-window", "h2_max_settings_per_window", false],
  ["--h2-max-empty-data-per-window", "h2_max_empty_data_per_window", false],
  [
    "--h2-max-window-update-stream0-per-window",
    "h2_max_window_update_stream0_per_window",
    false,
  ],
  ["--h2-max-continuation-frames", "h2_max_continuation_frames", false],
  ["--h2-max-glitch-count", "h2_max_glitch_count", false],
  ["--h2-initial-connection-window", "h2_initial_connection_window", false],
  ["--h2-max-concurrent-streams", "h2_max_concurrent_streams", false],
  ["--h2-stream-shrink-ratio", "h2_stream_shrink_ratio", false],
  ["--h2-max-rst-stream-lifetime", "h2_max_rst_stream_lifetime", true],
  ["--h2-max-rst-stream-abusive-lifetime", "h2_max_rst_stream_abusive_lifetime", true],
  ["--h2-max-rst-stream-emitted-lifetime", "h2_max_rst_stream_emitted_lifetime", true],
  ["--h2-stream-refusal-percent", "h2_stream_refusal_percent", false],
  ["--h2-max-header-list-size", "h2_max_header_list_size", false],
  ["--h2-max-header-table-size", "h2_max_header_table_size", false],
  ["--h2-max-header-fields", "h2_max_header_fields", false],
  ["--h2-stream-idle-timeout-seconds", "h2_stream_idle_timeout_seconds", false],
  ["--h2-graceful-shutdown-deadline-seconds", "h2_graceful_shutdown_deadline_seconds", false],
];

Deno.test("sozu listener http update has an option for each HTTP/2 limit", async () => {
  for (const protocol of ["http", "https"] as const) {
    for (const [option, field, wide] of H2_NUMBERS) {
      const { request } = await parseLine(["listener", protocol, "update", ...AT, option, "3"]);
      assert.deepEqual(request, {
        kind: `update_${protocol}_listener`,
        value: { ...PATCH, [field]: wide ? 3n : 3 },
      });
    }
  }
});

Deno.test("sozu listener http add and update switch HTTP/2 without TLS", async () => {
  const on = "--h2c-prior-knowledge";
  const off = "--no-h2c-prior-knowledge";
  const sent = async (command: string, ...options: string[]) => {
    const parsed = await parseLine(["listener", "http", command, ...AT, ...options]);
    assert.equal(parsed.stderr, "", options.join(" "));
    const value = parsed.request?.value;
    assert.ok(typeof value === "object" && value !== null);
    return "h2c_prior_knowledge" in value ? value.h2c_prior_knowledge : undefined;
  };
  for (const command of ["add", "update"]) {
    assert.equal(await sent(command), undefined);
    assert.equal(await sent(command, on), true);
    assert.equal(await sent(command, off), false);
    // The last one wins.
    assert.equal(await sent(command, on, off), false);
  }
  const tls = await parseLine(["listener", "https", "update", ...AT, on]);
  assert.match(tls.stderr, /unknown option/);
});
