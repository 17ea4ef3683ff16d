// The value for "this command cannot be carried out": arguments that are fine one by one but not
// together, an unreadable file. Commands print it and exit with 1.

/** What kind of trouble it is: words that scripts may compare. */
export type ProblemKind =
  | "usage"
  | "configuration"
  | "refused"
  | "cannot_connect"
  | "timeout"
  | "closed"
  | "interrupted"
  | "failed";

/** Why a request could not be built or a command not be carried out, and what to do about it. */
export class CommandProblem {
  readonly message: string;
  readonly kind: ProblemKind;

  constructor(message: string, kind: ProblemKind = "failed") {
    this.message = message;
    this.kind = kind;
  }
}
