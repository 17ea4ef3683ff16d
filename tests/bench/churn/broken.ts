// Upgrades to programs that do not come up: they are rolled back and cost nothing.

import { ResponseStatus } from "../../../config/schema/messages.ts";
import { copyProgram } from "../../support/process/program_copy.ts";
import { waitFor } from "../../support/process/sozu_process.ts";
import { SteadyLoad } from "../../support/http/steady_load.ts";
import { type Finding, finding, noFailures } from "./finding.ts";
import { Scene } from "./traffic.ts";

/** Programs by what is wrong with them. */
const BROKEN: readonly (readonly [string, string])[] = [
  ["exits at once", "Deno.exit(3);"],
  [
    "does not take the state",
    `if (Deno.args[0] === "start" && Deno.args[1] === "--inherit") {
       const connection = await Deno.connect({ transport: "unix", path: Deno.args[2] });
       await connection.read(new Uint8Array(1));
       connection.close();
       Deno.exit(4);
     }`,
  ],
  [
    "hangs",
    `if (Deno.args[0] === "start") await new Promise(() => setInterval(() => {}, 1_000));`,
  ],
];

/** Tries each of them under load. */
export async function brokenPrograms(): Promise<Finding[]> {
  const program = await Deno.makeTempDir({ prefix: "sozu-program-" });
  try {
    await copyProgram(program);
    const main = `${program}/main.ts`;
    await using scene = await Scene.start(`file://${main}`);
    const load = new SteadyLoad({
      port: scene.port,
      host: "app.test",
      single: 4,
      kept: 8,
      pauseMs: 2,
    });
    const findings: Finding[] = [];
    try {
      await waitFor("traffic", () => load.answered > 100);
      const before = await idsOf(scene);
      for (const [what, script] of BROKEN) {
        await Deno.writeTextFile(main, script);
        const { status, message } = await scene.sozu.request({ kind: "upgrade_main", value: {} });
        const kept = await idsOf(scene) === before;
        findings.push(finding(
          `Upgrade to a program that ${what}`,
          status === ResponseStatus.FAILURE ? message : "accepted",
          "refused, the workers stay",
          status === ResponseStatus.FAILURE && kept,
        ));
        const answered = load.answered;
        await waitFor("more traffic", () => load.answered > answered + 100);
      }
    } finally {
      await load.stop();
    }
    findings.push(noFailures("Requests meanwhile", load.failures, `${load.answered}`));
    return findings;
  } finally {
    await Deno.remove(program, { recursive: true });
  }
}

async function idsOf({ sozu }: Scene): Promise<string> {
  return (await sozu.runningWorkers()).map(({ id }) => id).join();
}
