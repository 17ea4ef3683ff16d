// The reason why a command cannot be executed, for example options that exclude each other or an unreadable file.
// The host prints it and exits with 1.

/** The kind of a problem, for scripts. */
export type ProblemKind =
  | "usage"
  | "configuration"
  | "refused"
  | "cannot_connect"
  | "timeout"
  | "closed"
  | "interrupted"
  | "failed";

/** Why a request cannot be built or a command cannot be executed, and how to resolve it. */
export class CommandProblem {
  readonly message: string;
  readonly kind: ProblemKind;

  constructor(message: string, kind: ProblemKind = "failed") {
    this.message = message;
    this.kind = kind;
  }
}
