// A server under test: started, watched until it answers, and taken down with all its descendants
// whatever happens to who started it.

import { waitFor } from "../wait.ts";
import { isRunning, processesWithEnvironment, processTree } from "./proc.ts";

/** How to start a server. */
export interface ServerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** File that receives what it prints. */
  readonly logPath: string;
}

/** A running server. */
export interface ServerProcess {
  readonly name: string;
  readonly pid: number;
  /** Whether its first process is still there. */
  readonly alive: boolean;
  /** What it printed so far. */
  log(): string;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Environment variable that marks every process of one server. */
const MARK = "SOZU_TEST_SERVER";

/** Milliseconds a server gets to leave on SIGTERM before it is killed. */
const LEAVE_MS = 3_000;

/** Starts a server; it is up when {@link untilReady} says so. */
export function startServer(wanted: ServerCommand): ServerProcess {
  const mark = crypto.randomUUID();
  // The shell is there for the redirection only: it becomes the server.
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", 'log=$1; shift; exec "$@" > "$log" 2>&1', "sh", wanted.logPath, wanted.command]
      .concat(wanted.args),
    ...(wanted.cwd === undefined ? {} : { cwd: wanted.cwd }),
    env: { ...wanted.env, [MARK]: mark },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let alive = true;
  const gone = child.status.then(() => {
    alive = false;
  });
  const stop = async () => {
    await end(alive ? child.pid : null, mark);
    await gone;
  };
  return {
    name: wanted.name,
    pid: child.pid,
    get alive() {
      return alive;
    },
    log: () => readOr(wanted.logPath, ""),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Waits until `isReady` is true; throws with the server's output when it dies or takes too long. */
export async function untilReady(
  server: ServerProcess,
  isReady: () => Promise<boolean>,
  deadlineMs = 20_000,
): Promise<void> {
  let dead = false;
  try {
    await waitFor(`${server.name} to answer`, async () => {
      dead = !server.alive;
      return dead || await isReady();
    }, { deadlineMs, everyMs: 50 });
  } catch (error) {
    const probe = (error as Error).cause;
    const reason = probe instanceof Error ? `${probe.message}\n` : "";
    throw new Error(`${server.name} does not answer: ${reason}${lastLines(server.log())}`);
  }
  if (dead) throw new Error(`${server.name} ended at once: ${lastLines(server.log())}`);
}

/**
 * Ends a process and every descendant: workers too, which would outlive a main process that was
 * killed, and those that already did. First politely, then for certain.
 */
async function end(root: number | null, mark: string): Promise<void> {
  // The mark finds processes whose parent is gone; some servers overwrite their environment.
  const marked = processesWithEnvironment(MARK, mark);
  const doomed = root === null ? marked : [...marked, ...processTree(root)];
  for (const pid of root === null ? marked.map(({ pid }) => pid) : [root]) kill(pid, "SIGTERM");
  const left = () => doomed.filter(isRunning);
  const allGone = () => left().length === 0;
  try {
    await waitFor("the server to leave", allGone, { deadlineMs: LEAVE_MS, everyMs: 20 });
  } catch {
    left().forEach(({ pid }) => kill(pid, "SIGKILL"));
    await waitFor("the server to die", allGone, { everyMs: 20 });
  }
}

function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has left on its own.
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return otherwise;
  }
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-15).join("\n") || "(it printed nothing)";
}
