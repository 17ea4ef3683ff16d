// The programs the benchmarks need: found, installed from Debian's packages, or reported missing
// with the reason.

const SYSTEM_FOLDERS = [
  "/usr/local/go/bin",
  "/usr/local/sbin",
  "/usr/sbin",
  "/usr/local/bin",
  "/usr/bin",
];

/** The Debian package that holds each program. */
const PACKAGES = {
  nginx: "nginx-light",
  haproxy: "haproxy",
  wrk: "wrk",
  h2load: "nghttp2-client",
  prometheus: "prometheus",
  promtool: "prometheus",
  openssl: "openssl",
  curl: "curl",
} as const;

export type Tool = keyof typeof PACKAGES;

/**
 * Paths of the programs asked for, installing what is missing when this is root on a Debian system.
 * What cannot be had is left out, and the reason printed.
 */
export async function findTools<T extends Tool>(wanted: readonly T[]): Promise<Map<T, string>> {
  const missing = wanted.filter((tool) => findProgram(tool) === null);
  if (missing.length > 0) await install(missing.map((tool) => PACKAGES[tool]));
  const found = new Map<T, string>();
  for (const tool of wanted) {
    const path = findProgram(tool);
    if (path !== null) found.set(tool, path);
    else console.error(`SKIPPED ${tool}: not found, Debian has it in "${PACKAGES[tool]}"`);
  }
  return found;
}

/** Path of a program in PATH or in the usual system folders, or null. */
export function findProgram(name: string): string | null {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), ...SYSTEM_FOLDERS];
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    if (folder !== "" && isExecutable(path)) return path;
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    return false;
  }
}

async function install(packages: readonly string[]): Promise<void> {
  if (Deno.uid() !== 0) {
    console.error(`Cannot install ${packages.join(", ")}: only root may`);
    return;
  }
  const apt = findProgram("apt-get");
  if (apt === null) {
    console.error(`Cannot install ${packages.join(", ")}: this system has no apt-get`);
    return;
  }
  console.error(`Installing ${packages.join(", ")} with apt-get`);
  await runQuietly(apt, ["update", "-qq"]);
  await runQuietly(apt, ["install", "-y", "-qq", "--no-install-recommends", ...packages]);
}

async function runQuietly(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, {
    args,
    // Run level 1 keeps Debian from starting the servers it installs.
    env: { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) console.error(new TextDecoder().decode(stderr).trim());
}
