// Executes the commands of the tree against a running main process: finds its command socket, connects, sends, and
// shows the answer. Every failure ends as one line on stderr and exit code 1.

import type { Command } from "commander";
import { ClientError, type CommandClient, connect } from "../client/mod.ts";
import type {
  AnswerDeadline,
  BuildInputs,
  Built,
  CommandHost,
  CommandSession,
  SendOptions,
} from "./command_host.ts";
import {
  checkConfiguration,
  type CommandTarget,
  commandTarget,
  configPath,
  reason,
} from "./configuration.ts";
import type { CliEnvironment } from "./environment.ts";
import { type GlobalOptions, globalOptionsOf } from "./options/global_options.ts";
import { problemJson, warningJson } from "./render/json_output.ts";
import { printable, printableLines } from "./render/printable.ts";
import { CommandProblem, type ProblemKind } from "./problem.ts";
import { showChange } from "./render/show_answer.ts";

/** Starts the proxy with a configuration file; resolves with the exit code. */
export type StartProxy = (options: { configPath: string }) => Promise<number>;

/** What a connector is started with. */
export interface ConnectorStart {
  readonly configPaths: readonly string[];
  readonly verbosity: number;
  readonly cwd: string;
  readonly readFile: (path: string) => string;
  readonly log: (line: string) => void;
  readonly stopped: AbortSignal;
}

/** Runs a connector; resolves with the exit code. */
export type StartConnector = (options: ConnectorStart) => Promise<number>;

/** The processes that the command line starts; main.ts passes them in. */
export interface Starters {
  readonly proxy: StartProxy;
  readonly connector: StartConnector;
}

// `upgrade` asks every worker at once, each on its own connection; other commands open one.
const MAX_CONNECTIONS = 256;

/** The host of a real invocation. */
export class Runner implements CommandHost {
  readonly #environment: CliEnvironment;
  readonly #starters: Starters;
  #exitCode = 0;

  constructor(environment: CliEnvironment, starters: Starters) {
    this.#environment = environment;
    this.#starters = starters;
  }

  /** 0 until something failed. */
  get exitCode(): number {
    return this.#exitCode;
  }

  send(
    command: Command,
    build: (inputs: BuildInputs) => Built | Promise<Built>,
    { deadline = "configured", show }: SendOptions = {},
  ): Promise<void> {
    return this.perform(command, async (session) => {
      const request = await build(this.#inputs(session));
      if (request instanceof CommandProblem) return request;
      const client = await session.connect();
      const answer = await client.send(request);
      return show === undefined
        ? showChange(request, answer, session)
        : await show(answer, session, client);
    }, deadline);
  }

  async perform(
    command: Command,
    task: (session: CommandSession) => Promise<CommandProblem | null>,
    deadline: AnswerDeadline = "configured",
  ): Promise<void> {
    const options = globalOptionsOf(command);
    const environment = this.#environment;
    const target = commandTarget(options, environment);
    if (target instanceof CommandProblem) return this.#fail(options, target);
    for (const warning of target.warnings) this.#warn(options, warning);
    const timeoutMs = options.timeoutMs ??
      (deadline === "none" ? 0 : target.settings.ctl_command_timeout);
    const clients: CommandClient[] = [];
    const open = async (attempts = 1) => {
      const client = await this.#connect(target, timeoutMs, attempts);
      clients.push(client);
      return client;
    };
    // An interrupt ends the wait on every connection, with or without a deadline.
    const leave = () => clients.forEach((client) => client.close());
    environment.interrupted.addEventListener("abort", leave);
    try {
      const { verbose } = command.opts<{ verbose?: boolean }>();
      const view = { columns: environment.columns, verbose: verbose === true };
      const session = { config: target.settings, options, environment, view, connect: open };
      const problem = await task(session);
      if (problem !== null) this.#fail(options, problem);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.#fail(options, new CommandProblem(adviceOn(error, target), kindOf(error)));
    } finally {
      environment.interrupted.removeEventListener("abort", leave);
      leave();
    }
  }

  async checkConfig(command: Command): Promise<void> {
    if (this.#refusesSocketOption(command)) return;
    const options = globalOptionsOf(command);
    const loading = await checkConfiguration(options.config, this.#environment);
    for (const warning of loading.warnings) this.#warn(options, warning);
    if (loading.ok) return this.print(options.json ? "{}\n" : "Configuration file is valid\n");
    for (const problem of loading.problems) {
      this.#fail(options, new CommandProblem(problem, "configuration"));
    }
  }

  async start(command: Command): Promise<void> {
    if (this.#refusesSocketOption(command)) return;
    const options = globalOptionsOf(command);
    const path = configPath(options.config, this.#environment);
    if (path instanceof CommandProblem) this.#fail(options, path);
    else this.#exitCode = await this.#starters.proxy({ configPath: path });
  }

  async connector(command: Command, kind: "prometheus", verbosity: number): Promise<void> {
    if (this.#refusesSocketOption(command)) return;
    const environment = this.#environment;
    const { config } = globalOptionsOf(command);
    this.#exitCode = await this.#starters.connector({
      configPaths: config === undefined
        ? connectorPaths(kind, environment.variable("HOME"))
        : [config],
      verbosity,
      cwd: environment.cwd,
      readFile: (path) => environment.readTextFile(path),
      log: (line) => environment.stderr(`${printableLines(line)}\n`),
      stopped: environment.interrupted,
    });
  }

  print(text: string): void {
    this.#environment.stdout(text);
  }

  #connect(
    { settings }: CommandTarget,
    timeoutMs: number,
    attempts: number,
  ): Promise<CommandClient> {
    return connect(settings.command_socket, {
      timeoutMs,
      maxFrameBytes: settings.max_command_buffer_size,
      maxConnections: MAX_CONNECTIONS,
      connectAttempts: attempts,
      signal: this.#environment.interrupted,
    });
  }

  #inputs(session: CommandSession): BuildInputs {
    const environment = this.#environment;
    return {
      config: session.config,
      cwd: environment.cwd,
      connect: () => session.connect(),
      warn: (message) => this.#warn(session.options, message),
      readFile: (path) => readable(path, () => environment.readTextFile(path)),
      readBytes: (path, maxBytes) => readable(path, () => environment.readBytes(path, maxBytes)),
    };
  }

  /** Reports `--socket` on a command that does not use it. */
  #refusesSocketOption(command: Command): boolean {
    const options = globalOptionsOf(command);
    if (options.socket === undefined) return false;
    const why =
      "--socket names a running sozu to talk to, which this command does not: use --config FILE";
    this.#fail(options, new CommandProblem(why, "usage"));
    return true;
  }

  #warn({ json }: Form, message: string): void {
    const text = json ? warningJson(message) : `warning: ${printable(message)}`;
    this.#environment.stderr(`${text}\n`);
  }

  #fail({ json }: Form, { kind, message }: CommandProblem): void {
    this.#exitCode = 1;
    const text = json ? problemJson(kind, message) : `error: ${printable(message)}`;
    this.#environment.stderr(`${text}\n`);
  }
}

/** What reading a file gives, or why it cannot be read. */
function readable<T>(path: string, read: () => T): T | CommandProblem {
  try {
    return read();
  } catch (error) {
    return new CommandProblem(`Cannot read "${path}": ${reason(error)}`);
  }
}

/** Whether the output is for scripts. */
type Form = Pick<GlobalOptions, "json">;

/** The paths of the file of a connector, the most specific first. */
function connectorPaths(kind: string, home: string | undefined): string[] {
  const name = `sozu-${kind}-connector`;
  const ofUser = home === undefined
    ? []
    : [`${home}/.local/share/${name}/config.toml`, `${home}/.config/${name}/config.toml`];
  return [
    "config.toml",
    ...ofUser,
    `/etc/${name}/config.toml`,
    `/etc/sozu/connector/${kind}.toml`,
    `/usr/share/${name}/config.toml`,
  ];
}

function kindOf({ kind }: ClientError): ProblemKind {
  if (kind === "cannot_connect" || kind === "timeout" || kind === "closed" || kind === "refused") {
    return kind;
  }
  return kind === "cancelled" ? "interrupted" : "failed";
}

/** The message of a failure and how to resolve it. */
function adviceOn(error: ClientError, { configPath }: CommandTarget): string {
  switch (error.kind) {
    case "cannot_connect":
      return configPath === undefined
        ? `${error.message}. Is sozu running, with this command_socket?`
        : `${error.message}. Is sozu running with this configuration? ` +
          `Start it with: sozu start -c ${configPath}`;
    case "timeout":
      return `${error.message}, but sozu may still carry out the command. ` +
        "Wait longer with --timeout MS (0 = for ever)";
    case "closed":
      return `${error.message}. The command may or may not have been carried out: ` +
        "see the logs of sozu";
    case "cancelled":
      return "Interrupted. What was sent is still carried out: see the logs of sozu";
    case "too_large":
      return `${error.message}. Raise max_command_buffer_size in the configuration`;
    default:
      return error.message;
  }
}
