// `sozu connector`: runs a connector between a proxy and another system. src/connectors, which does it, is loaded
// only for this command.

import type { Command } from "commander";
import type { CommandHost } from "../command_host.ts";
import { subcommand } from "../options/subcommand.ts";

/** Adds the family to the tree. */
export function registerConnector(program: Command, host: CommandHost): void {
  const connector = subcommand(program, "connector", "Connect a running proxy with other systems");
  subcommand(connector, "prometheus", "Serve the measurements of a running proxy to Prometheus")
    .option("-v, --verbose", "Tell more; twice tells every request", more, 0)
    .addHelpText("after", WHERE)
    .action(({ verbose }: { verbose: number }, command: Command) =>
      host.connector(command, "prometheus", verbose)
    );
}

function more(_: string | undefined, before: number): number {
  return before + 1;
}

const WHERE = `
--config names the file of the connector, which names that of the proxy:
  listening-address = "127.0.0.1:3000"
  per-worker-metrics = false
  metric-names = "connector"    # or "sozu": the names that main serves
  [sozu]
  configuration = "/etc/sozu/config.toml"`;
