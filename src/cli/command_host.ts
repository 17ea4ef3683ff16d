// The contract between the command tree and the host that executes commands. Command files describe arguments and
// requests; they never open a socket, and print only through the environment.

import type { Command } from "commander";
import type { CommandSettings } from "../../config/file/command_settings.ts";
import type { Request, Response } from "../../config/schema/messages.ts";
import type { CommandClient } from "../client/mod.ts";
import type { CliEnvironment } from "./environment.ts";
import type { GlobalOptions } from "./options/global_options.ts";
import type { CommandProblem } from "./problem.ts";
import type { TableView } from "./render/table.ts";

/** What building a request may need in addition to its arguments. */
export interface BuildInputs {
  readonly config: CommandSettings;
  readonly cwd: string;
  /** Contents of a file named on the command line, or why it cannot be read. */
  readonly readFile: (path: string) => string | CommandProblem;
  /** The bytes of such a file, or of standard input for `-`, or why they cannot be had; `maxBytes` is the most. */
  readonly readBytes: (path: string, maxBytes: number) => Uint8Array | CommandProblem;
  /** Prints a warning; the command continues. */
  readonly warn: (message: string) => void;
  /** Connects to the command socket, for a request that depends on the answer to another one. */
  readonly connect: () => Promise<CommandClient>;
}

/** A request, or why it cannot be made. */
export type Built = Request | CommandProblem;

/** What a command of several requests works with. */
export interface CommandSession {
  readonly config: CommandSettings;
  readonly environment: CliEnvironment;
  readonly options: GlobalOptions;
  /** The size and the details of tables. */
  readonly view: TableView;
  /**
   * Opens a client of the command socket; it is closed when the command ends. `attempts` is the
   * number of dials before giving up, 1 unless given.
   */
  readonly connect: (attempts?: number) => Promise<CommandClient>;
}

/**
 * How long a command waits for each message without `--timeout`: the configured `ctl_command_timeout`, or without
 * a limit, for work such as a shutdown.
 */
export type AnswerDeadline = "configured" | "none";

/** How a request is sent and its answer shown. */
export interface SendOptions {
  /** "configured" by default. */
  readonly deadline?: AnswerDeadline;
  /** Shows the answer; it may send further requests. By default the answer is shown as it is. */
  readonly show?: (
    answer: Response,
    session: CommandSession,
    client: CommandClient,
  ) => Promise<CommandProblem | null>;
}

/** Executes commands and remembers the exit code. */
export interface CommandHost {
  /** Sends the request that `build` makes and shows the answer. */
  send(
    command: Command,
    build: (inputs: BuildInputs) => Built | Promise<Built>,
    options?: SendOptions,
  ): Promise<void>;
  /** Runs `task` with access to the command socket; a problem is reported like a refused request. */
  perform(
    command: Command,
    task: (session: CommandSession) => Promise<CommandProblem | null>,
    deadline?: AnswerDeadline,
  ): Promise<void>;
  /** Checks the configuration file and reports every problem in it. */
  checkConfig(command: Command): Promise<void>;
  /** Runs the proxy until it stops. */
  start(command: Command): Promise<void>;
  /** Runs a connector until it is stopped; `verbosity` counts the `-v` options. */
  connector(command: Command, kind: "prometheus", verbosity: number): Promise<void>;
  /** Prints text that needs neither configuration nor connection. */
  print(text: string): void;
}
