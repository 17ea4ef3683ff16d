// Whole command lines against a scripted main on a real socket.

import type { Request, Response, ResponseStatus } from "../../../config/schema/messages.ts";
import type { CliEnvironment } from "../../../src/cli/environment.ts";
import { runCliIn } from "../../../src/cli/main.ts";
import type { Starters } from "../../../src/cli/runner.ts";
import { CapturedTerminal, environmentFor } from "./cli.ts";
import type { ScriptedPeer } from "./scripted_main.ts";

/** A request that was sent. */
export type RequestType = NonNullable<Request["request_type"]>;
/** The content of an answer. */
export type Content = NonNullable<Response["content"]>["content_type"];
/** What a scripted main answers. */
export type Answer = { status: ResponseStatus; message?: string; content?: Content };

/** What a command line came to. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const nothing = () => Promise.reject(new Error("Nothing was to be started"));
/** For command lines that start nothing. */
export const noStart: Starters = { proxy: nothing, connector: nothing };

/** A configuration file that names the socket of `main`. */
export class Configured implements AsyncDisposable {
  readonly path: string;

  constructor(socket: string, more = "") {
    this.path = Deno.makeTempFileSync({ suffix: ".toml" });
    Deno.writeTextFileSync(this.path, `command_socket = "${socket}"\n${more}`);
  }

  async run(args: string[], overrides: Partial<CliEnvironment> = {}): Promise<Outcome> {
    const terminal = new CapturedTerminal();
    const code = await runCliIn(
      environmentFor(terminal, overrides),
      ["-c", this.path, ...args],
      noStart,
    );
    return { code, out: terminal.out, err: terminal.err };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path);
  }
}

/** Answers every request by the table and remembers the requests. */
export function answering(seen: RequestType[], answer: (request: RequestType) => Answer) {
  return async (peer: ScriptedPeer) => {
    for (let request = await peer.next(); request !== null; request = await peer.next()) {
      seen.push(request);
      const { status, message, content } = answer(request);
      await peer.answer(status, message, content);
    }
  };
}
