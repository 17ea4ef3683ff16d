// A real Prometheus that scrapes one target, and what it thinks of it.

import type { Lab } from "../process/lab.ts";
import { freePort } from "../ports.ts";
import { untilReady } from "../process/server_process.ts";

/** A Prometheus that runs until its lab is disposed of. */
export class PrometheusProcess {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  /** Starts `program` with a configuration. */
  static async start(lab: Lab, program: string, config: string): Promise<PrometheusProcess> {
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    const process = lab.start({
      name: "prometheus",
      command: program,
      args: [
        `--config.file=${lab.write("prometheus.yml", config)}`,
        `--storage.tsdb.path=${lab.path("tsdb")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--log.level=warn",
      ],
    });
    await untilReady(process, async () => (await fetch(`${url}/-/ready`)).ok);
    return new PrometheusProcess(url);
  }

  /** What it thinks of its only target: `up`, `unknown`, or what was wrong with the last scrape. */
  async verdict(): Promise<string> {
    const { data } = await (await fetch(`${this.#url}/api/v1/targets?state=active`)).json();
    const { health = "unknown", lastError = "" } = data.activeTargets[0] ?? {};
    return lastError === "" ? health : lastError;
  }

  /** The value of a query that has one; `null` while it has none. */
  async value(query: string): Promise<number | null> {
    const url = `${this.#url}/api/v1/query?query=${encodeURIComponent(query)}`;
    const { data } = await (await fetch(url)).json();
    const value = data.result[0]?.value[1];
    return value === undefined ? null : Number(value);
  }
}
