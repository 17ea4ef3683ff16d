// `deno task bench`: nginx, HAProxy and ours in front of the same backend.

import { type BenchOptions, runComparison } from "./figures/comparison.ts";
import { haproxyProxy } from "./contenders/haproxy_proxy.ts";
import { nginxProxy } from "./contenders/nginx_proxy.ts";
import { PHASES } from "./figures/phases.ts";
import { sozuProxy } from "./contenders/sozu_proxy.ts";

/** Runs the benchmark; the exit code is 0 when everything could be measured. */
export async function runHttpBench(options: BenchOptions): Promise<number> {
  return await runComparison({
    name: "http",
    phases: PHASES,
    contenders: ({ nginx, haproxy }, v8Flags) => [
      nginxProxy(nginx),
      ...(haproxy === undefined ? [] : [haproxyProxy(haproxy)]),
      sozuProxy(v8Flags === undefined ? {} : { v8Flags }),
    ],
  }, options);
}
