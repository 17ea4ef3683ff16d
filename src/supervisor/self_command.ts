// How this program starts itself once more as a worker. The one place that knows whether it runs
// compiled into a single binary or from its source.

/** What a process must know about itself to be started again. */
export interface SelfImage {
  /** Whether this is a compiled, self-contained binary. */
  readonly standalone: boolean;
  /** The running executable: our own binary, or the runtime. */
  readonly execPath: string;
  /** URL of `main.ts`; its folder holds the configuration the runtime finds by itself. */
  readonly mainModule: string;
}

/** An executable and its arguments. */
export interface SelfCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Options of the JavaScript engine every worker is started with; the compile task bakes in the same.
 *
 * Young generation: left alone, it grows with the load to three times 16 MiB and stays there. At this size
 * memory is flat from the start, at the same CPU per request.
 *
 * Old generation: it is collected when it has grown by so many percent. What the engine sees of a TLS
 * connection is a small part of what the runtime holds for it until then (src/io/tls/collector_weight.ts); left
 * alone, damaged handshakes beside thousands of certificates make a worker several times as large. Requests
 * leave next to nothing behind in this generation.
 */
export const WORKER_V8_FLAGS: readonly string[] = [
  "--max-semi-space-size=4",
  "--heap-growing-percent=25",
];

/** What the system puts behind the path of a program whose file was removed or replaced. */
const DELETED = " (deleted)";

/** The command that runs `subcommand` of this very program. */
export function selfCommand(image: SelfImage, subcommand: readonly string[]): SelfCommand {
  if (image.standalone) {
    // A compiled binary has its engine options baked in.
    return { command: image.execPath, args: [...subcommand] };
  }
  const flags = WORKER_V8_FLAGS.length > 0 ? [`--v8-flags=${WORKER_V8_FLAGS.join(",")}`] : [];
  return {
    command: image.execPath,
    // Reusable ports need the unstable network API. It is named here because the configuration
    // file is looked for beside the main module only when that is a local file.
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-all",
      "--unstable-net",
      ...flags,
      image.mainModule,
      ...subcommand,
    ],
  };
}

/**
 * The program that is installed now, which may be another one than the one that runs: of a file that was
 * replaced the system says that it is deleted, and means the old one.
 */
export function installedImage(image: SelfImage): SelfImage {
  return { ...image, execPath: image.execPath.replace(/ \(deleted\)$/, "") };
}

/**
 * The program that runs, also when its file was replaced on disk: the system keeps the old one as long
 * as this process, which has the number `pid`, runs it.
 */
export function runningImage(image: SelfImage, pid: number): SelfImage {
  return image.execPath.endsWith(DELETED) ? { ...image, execPath: `/proc/${pid}/exe` } : image;
}

/** This process. */
export function currentImage(): SelfImage {
  return {
    standalone: Deno.build.standalone,
    execPath: Deno.execPath(),
    mainModule: Deno.mainModule,
  };
}
