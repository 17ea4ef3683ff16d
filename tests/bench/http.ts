// `deno task bench`: nginx, HAProxy and ours in front of the same backend.

import { type BenchOptions, runComparison } from "./figures/comparison.ts";
import { haproxyProxy } from "./contenders/haproxy_proxy.ts";
import { nginxProxy } from "./contenders/nginx_proxy.ts";
import { PHASES } from "./figures/phases.ts";
import { sozuProxy } from "./contenders/sozu_proxy.ts";
import { findTools } from "./load/tools.ts";

/** Runs the benchmark; the exit code is 0 when everything could be measured. */
export async function runHttpBench(options: BenchOptions): Promise<number> {
  const tools = await findTools(["nginx", "haproxy", "wrk"]);
  const nginx = tools.get("nginx");
  const wrk = tools.get("wrk");
  if (nginx === undefined || wrk === undefined) return 1;
  const haproxy = tools.get("haproxy");
  return await runComparison({
    name: "http",
    nginx,
    wrk,
    phases: PHASES,
    contenders: (v8Flags) => [
      nginxProxy(nginx),
      ...(haproxy === undefined ? [] : [haproxyProxy(haproxy)]),
      sozuProxy(v8Flags === undefined ? {} : { v8Flags }),
    ],
  }, options);
}
