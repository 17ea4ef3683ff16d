// The contract between the command tree and what carries commands out. Command files only describe
// arguments and requests; they never open a socket, and print only through the environment.

import type { Command } from "commander";
import type { CommandSettings } from "../../config/file/command_settings.ts";
import type { Request, Response } from "../../config/schema/messages.ts";
import type { CommandClient } from "../client/mod.ts";
import type { CliEnvironment } from "./environment.ts";
import type { GlobalOptions } from "./options/global_options.ts";
import type { CommandProblem } from "./problem.ts";
import type { TableView } from "./render/table.ts";

/** What building a request may need besides its arguments. */
export interface BuildInputs {
  readonly config: CommandSettings;
  readonly cwd: string;
  /** Contents of a file named on the command line, or why it cannot be read. */
  readonly readFile: (path: string) => string | CommandProblem;
  /** Tells the user something that does not stop the command. */
  readonly warn: (message: string) => void;
  /** Connects to the command socket, for a request that depends on the answer to another one. */
  readonly connect: () => Promise<CommandClient>;
}

/** A request, or why it cannot be made. */
export type Built = Request | CommandProblem;

/** What a command that is more than one request works with. */
export interface CommandSession {
  readonly config: CommandSettings;
  readonly environment: CliEnvironment;
  readonly options: GlobalOptions;
  /** What tables are drawn for. */
  readonly view: TableView;
  /**
   * Opens a client of the command socket; it is closed when the command ends. `attempts` is the
   * number of dials before giving up, 1 unless given.
   */
  readonly connect: (attempts?: number) => Promise<CommandClient>;
}

/**
 * How long a command waits for each message where `--timeout` does not say it: `answer` for what is answered
 * at once, `work` for what takes as long as it takes, such as a shutdown.
 */
export type Patience = "answer" | "work";

/** How a request is sent and its answer shown. */
export interface SendOptions {
  /** "answer" unless given. */
  readonly patience?: Patience;
  /** Shows the answer, perhaps with the help of further ones; as it is unless given. */
  readonly show?: (
    answer: Response,
    session: CommandSession,
    client: CommandClient,
  ) => Promise<CommandProblem | null>;
}

/** Carries out commands and remembers the exit code. */
export interface CommandHost {
  /** Sends the request that `build` makes and shows the answer. */
  send(
    command: Command,
    build: (inputs: BuildInputs) => Built | Promise<Built>,
    options?: SendOptions,
  ): Promise<void>;
  /** Runs `task` with the way to the command socket; a problem is reported like a refused request. */
  perform(
    command: Command,
    task: (session: CommandSession) => Promise<CommandProblem | null>,
    patience?: Patience,
  ): Promise<void>;
  /** Checks the configuration file and reports every problem in it. */
  checkConfig(command: Command): void;
  /** Runs the proxy until it stops. */
  start(command: Command): Promise<void>;
  /** Runs a connector until it is stopped; `verbosity` is how often more output was asked for. */
  connector(command: Command, kind: "prometheus", verbosity: number): Promise<void>;
  /** Prints text that needs neither configuration nor connection. */
  print(text: string): void;
}
