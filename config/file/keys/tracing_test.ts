import assert from "node:assert/strict";
import { serverConfig } from "../load.ts";
import { loaded, refusedOnce } from "../../../tests/support/config/file.ts";

Deno.test("[tracing] has defaults, and is absent when it is not there", () => {
  assert.equal(serverConfig(loaded("")).tracing, undefined);
  assert.deepEqual(serverConfig(loaded("[tracing]")).tracing, {
    sampled_per_million: 1_000_000,
    service_name: "sozu",
  });
  const text = `[tracing]
    otlp_endpoint = "https://collector.test:4318/otlp"
    sample_ratio = 0.25
    service_name = "edge"`;
  assert.deepEqual(serverConfig(loaded(text)).tracing, {
    otlp_endpoint: "https://collector.test:4318/otlp",
    sampled_per_million: 250_000,
    service_name: "edge",
  });
});

Deno.test("[tracing] refuses what makes no sense", () => {
  for (const wrong of ["sample_ratio = 1.1", "sample_ratio = -1", 'sample_ratio = "1"']) {
    assert.match(refusedOnce(`[tracing]\n${wrong}`).message, /a number from 0 to 1/);
  }
  for (const url of ["", "127.0.0.1:4318", "ftp://x", "http://", "http://a b"]) {
    const { message } = refusedOnce(`[tracing]\notlp_endpoint = "${url}"`);
    assert.match(message, /the URL of a collector/, url);
  }
});
