// Where benchmarks leave their figures: one JSON file a benchmark, overwritten by the next run.

const FOLDER = new URL("../out/", import.meta.url);

/** Writes `figures` with the time and the machine they come from; returns the path. */
export function writeOutput(name: string, figures: Readonly<Record<string, unknown>>): string {
  Deno.mkdirSync(FOLDER, { recursive: true });
  const path = new URL(`${name}.json`, FOLDER).pathname;
  const record = {
    bench: name,
    at: new Date().toISOString(),
    deno: Deno.version.deno,
    cores: navigator.hardwareConcurrency,
    ...figures,
  };
  Deno.writeTextFileSync(path, `${JSON.stringify(record, null, 2)}\n`);
  return path;
}

/** Path of another file in the output folder. */
export function outputPath(name: string): string {
  Deno.mkdirSync(FOLDER, { recursive: true });
  return new URL(name, FOLDER).pathname;
}
