import assert from "node:assert/strict";

const UNITS = new URL("../../config/systemd/", import.meta.url);

/** Whether systemd's own checker is on this machine. */
function hasChecker(): boolean {
  try {
    return new Deno.Command("systemd-analyze", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}

Deno.test("the template differs from the unit in names only", () => {
  const unit = Deno.readTextFileSync(new URL("sozu.service", UNITS));
  const template = Deno.readTextFileSync(new URL("sozu@.service", UNITS));
  const settings = (text: string) =>
    text.split("\n").filter((line) => /^[A-Z[]/.test(line)).map((line) =>
      line.replace(/ \(%i\)$/, "").replaceAll("sozu-%i", "sozu").replaceAll("%i", "config")
    );
  assert.deepEqual(settings(template), settings(unit));
});

Deno.test({
  name: "systemd finds nothing wrong with the units",
  ignore: !hasChecker(),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      for (const name of ["sozu.service", "sozu@.service"]) {
        // The checker wants the program to be where the unit says, which it is not here.
        const text = Deno.readTextFileSync(new URL(name, UNITS)).replaceAll(
          "/usr/bin/sozu",
          "/bin/true",
        );
        await Deno.writeTextFile(`${folder}/${name}`, text);
        const instance = name.replace("@.", "@edge.");
        const { success, stderr } = await new Deno.Command("systemd-analyze", {
          args: ["verify", "--man=no", `${folder}/${instance}`],
        }).output();
        const said = new TextDecoder().decode(stderr).split("\n")
          .filter((line) => line.includes("sozu"));
        assert.deepEqual(said, [], name);
        assert.ok(success, new TextDecoder().decode(stderr));
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
