// The command tree. It declares the commands; the host it is given executes them. So one tree serves the terminal,
// the completions and the tests.

import { Command, CommanderError, Help, Option } from "commander";
import { registerBackend } from "./commands/backend.ts";
import { registerCertificate } from "./commands/certificate.ts";
import { registerCluster } from "./commands/cluster.ts";
import type { CommandHost } from "./command_host.ts";
import { registerCompletions } from "./completion/command.ts";
import { registerConfig } from "./commands/config_check.ts";
import { registerConnector } from "./commands/connector.ts";
import { registerConnectionLimit } from "./commands/connection_limit.ts";
import { registerEvents } from "./commands/events.ts";
import { registerFrontend } from "./commands/frontend.ts";
import { declareGlobalOptions } from "./options/global_options.ts";
import { registerLifecycle } from "./commands/lifecycle.ts";
import { registerListener } from "./commands/listener.ts";
import { registerMetrics } from "./commands/metrics.ts";
import { printableLines } from "./render/printable.ts";
import { registerStart } from "./commands/start.ts";
import { registerState } from "./commands/state.ts";
import { registerUpgrade } from "./commands/upgrade.ts";
import { longVersion, shortVersion } from "./version.ts";

const EXAMPLES = `
Examples:
  sozu start -c sozu.toml                  run the proxy
  sozu -c sozu.toml status                 are the workers answering?
  sozu -c sozu.toml cluster list --id web  what is in the cluster "web"?

Set SOZU_CONFIG to leave out -c. Every command explains itself with --help.`;

/** Where the parser writes help and syntax errors. */
export interface ProgramOutput {
  stdout(text: string): void;
  stderr(text: string): void;
}

/** Builds the tree. Parsing it throws `CommanderError`, also after help and version. */
export function buildProgram(host: CommandHost, output: ProgramOutput): Command {
  const program = new Command("sozu");
  program
    .description("A reverse proxy whose configuration changes without a restart")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.stdout(text),
      // Messages repeat the arguments, which may hold control characters.
      writeErr: (text) => output.stderr(printableLines(text)),
    })
    // An option belongs to the command it follows.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help for what is accepted)")
    .configureHelp({ optionDescription: describeOption })
    .helpCommand("help [command]", "Show the help of a command")
    .addHelpText("after", EXAMPLES);
  declareVersion(program, output);

  const families = [
    registerStart,
    registerLifecycle,
    registerConfig,
    registerCluster,
    registerBackend,
    registerFrontend,
    registerListener,
    registerCertificate,
    registerConnectionLimit,
    registerMetrics,
    registerEvents,
    registerConnector,
    registerState,
    registerUpgrade,
    registerCompletions,
  ];
  for (const register of families) register(program, host);
  declareGlobalOptions(program);
  return program;
}

/** Commander's description, which leaves out that an option cannot be. */
function describeOption(option: Option): string {
  const description = new Help().optionDescription(option);
  return option.mandatory ? `${description} (required)` : description;
}

function declareVersion(program: Command, output: ProgramOutput): void {
  const show = (text: string) => () => {
    output.stdout(text + "\n");
    throw new CommanderError(0, "commander.version", text);
  };
  program
    .addOption(new Option("-V", "Print the version on one line"))
    .addOption(new Option("--version", "Print the version and what this build is made of"))
    .on("option:V", show(shortVersion()))
    .on("option:version", show(longVersion()));
}
