// The command that starts this program again, as a worker or as a successor. Only this file distinguishes a compiled
// binary from a run from source.

/** What starting this program again takes. */
export interface SelfImage {
  /** Whether this is a compiled, self-contained binary. */
  readonly standalone: boolean;
  /** The running executable: the compiled binary, or Deno. */
  readonly execPath: string;
  /** URL of `main.ts`; Deno finds its configuration file in that folder. */
  readonly mainModule: string;
}

/** An executable and its arguments. */
export interface SelfCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Options of V8 for every worker; the compile task has the same.
 *
 * Young generation: by default it grows under load to three times 16 MiB and stays there. At this size memory is
 * flat from the start, at the same CPU time for each request.
 *
 * Old generation: it is collected when it has grown by this percentage. V8 sees a small part of the memory of a TLS
 * connection (src/io/tls/collector_weight.ts). With the default, damaged handshakes and thousands of certificates
 * make a worker several times as large. Requests leave almost nothing in this generation.
 */
export const WORKER_V8_FLAGS: readonly string[] = [
  "--max-semi-space-size=4",
  "--heap-growing-percent=25",
];

/** Suffix of the path of an executable whose file was removed or replaced (proc(5)). */
const DELETED = " (deleted)";

/** The command that runs `subcommand` of this program. */
export function selfCommand(image: SelfImage, subcommand: readonly string[]): SelfCommand {
  if (image.standalone) {
    // The V8 options of a compiled binary are part of it.
    return { command: image.execPath, args: [...subcommand] };
  }
  const flags = WORKER_V8_FLAGS.length > 0 ? [`--v8-flags=${WORKER_V8_FLAGS.join(",")}`] : [];
  return {
    command: image.execPath,
    // Reusable ports need the unstable network API. It is named here because Deno reads the configuration file of
    // the main module only when that is a local file.
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
 * The program on disk, which differs from the running one after its file was replaced: the system then marks the
 * path of the running one as deleted.
 */
export function installedImage(image: SelfImage): SelfImage {
  return { ...image, execPath: image.execPath.replace(/ \(deleted\)$/, "") };
}

/**
 * The running program, also after its file was replaced on disk: the system keeps the old file while the process
 * `pid` runs it.
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
