// The value for "this command cannot be carried out": arguments that are fine one by one but not
// together, an unreadable file. Commands print it and exit with 1.

/** Why a request could not be built or a command not be carried out, and what to do about it. */
export class CommandProblem {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}
