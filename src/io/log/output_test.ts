import assert from "node:assert/strict";
import { pause, waitFor } from "../../../tests/support/wait.ts";
import { parseLogTarget } from "../../../config/values/log_target.ts";
import { LogOutput, type LogOutputEvents } from "./output.ts";
import { FileSink } from "./sink_file.ts";
import { openLogOutput, openProcessLog } from "./open.ts";

function open(text: string, events: Partial<LogOutputEvents> = {}): LogOutput {
  const target = parseLogTarget(text);
  assert.ok(target !== null);
  const output = openLogOutput(target, events);
  assert.ok(typeof output !== "string", String(output));
  return output;
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "sozu-log-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A receiver of streams that reads only while it is told to. */
function streamReceiver(listener: Deno.Listener<Deno.Conn>) {
  const streams: { connection: Deno.Conn; text: string }[] = [];
  let reading = true;
  const read = async (stream: { connection: Deno.Conn; text: string }) => {
    const buffer = new Uint8Array(64 * 1024);
    const decoder = new TextDecoder();
    for (;;) {
      await waitFor("reading", () => reading, { deadlineMs: 60_000 });
      const count = await stream.connection.read(buffer).catch(() => null);
      if (count === null) return;
      stream.text += decoder.decode(buffer.subarray(0, count), { stream: true });
    }
  };
  const done = (async () => {
    for await (const connection of listener) {
      const stream = { connection, text: "" };
      streams.push(stream);
      void read(stream);
    }
  })().catch(() => {});
  return {
    streams,
    read: (yes: boolean) => reading = yes,
    async close() {
      reading = true;
      listener.close();
      for (const { connection } of streams) {
        try {
          connection.close();
        } catch { /* closed by the test */ }
      }
      await done;
    },
  };
}

Deno.test("LogOutput appends to a file", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/sozu.log`;
    await Deno.writeTextFile(path, "before\n");
    const output = open(`file://${path}`);
    output.writeLine("one\n");
    output.writeLine("zwö€\n");
    await output.flushed();
    assert.equal(await Deno.readTextFile(path), "before\none\nzwö€\n");
    output.close();
  });
});

Deno.test("LogOutput follows a file that is renamed, at once when told, else by itself", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/sozu.log`;
    let now = 0;
    const sink = FileSink.open(path, () => now);
    assert.ok(typeof sink !== "string");
    const output = new LogOutput(sink);
    output.writeLine("one\n");
    await output.flushed();
    await Deno.rename(path, `${path}.1`);
    output.reopen();
    output.writeLine("two\n");
    await output.flushed();
    assert.equal(await Deno.readTextFile(`${path}.1`), "one\n");
    assert.equal(await Deno.readTextFile(path), "two\n");
    await Deno.rename(path, `${path}.2`);
    now = 999;
    output.writeLine("two still\n");
    await output.flushed();
    now = 1_000;
    output.writeLine("three\n");
    await output.flushed();
    assert.equal(await Deno.readTextFile(`${path}.2`), "two\ntwo still\n");
    assert.equal(await Deno.readTextFile(path), "three\n");
    await Deno.remove(path);
    now = 2_000;
    output.writeLine("four\n");
    await output.flushed();
    assert.equal(await Deno.readTextFile(path), "four\n");
    output.close();
  });
});

Deno.test("several outputs append whole lines to one file", async () => {
  await inFolder(async (folder) => {
    const outputs = [0, 1, 2].map(() => open(`file://${folder}/log`));
    const line = (who: number) => `${String(who).repeat(300)}\n`;
    for (let i = 0; i < 500; i++) {
      outputs.forEach((output, who) => output.writeLine(line(who)));
      if (i % 50 === 0) await pause(1);
    }
    for (const output of outputs) await output.flushed();
    const lines = Deno.readTextFileSync(`${folder}/log`).split("\n").slice(0, -1);
    assert.equal(lines.length, 1500);
    for (const text of lines) assert.match(text, /^(0{300}|1{300}|2{300})$/);
    for (const output of outputs) output.close();
  });
});

Deno.test("a full disk stops LogOutput no longer than it is full", async () => {
  const problems: string[] = [];
  const output = open("file:///dev/full", { failing: (problem) => problems.push(problem) });
  for (let i = 0; i < 40_000; i++) output.writeLine(`${"x".repeat(100)}\n`);
  await waitFor("a report", () => problems.length > 0);
  assert.match(problems[0] ?? "", /Cannot write log file "\/dev\/full"/);
  assert.ok(output.dropped > 0);
  output.close();
});

for (const kind of ["tcp", "unix-stream"] as const) {
  Deno.test(`LogOutput over ${kind} drops and counts while the receiver reads nothing, then continues`, async () => {
    await inFolder(async (folder) => {
      const path = `${folder}/log.sock`;
      const listener: Deno.Listener<Deno.Conn> = kind === "tcp"
        ? Deno.listen({ hostname: "127.0.0.1", port: 0 })
        : Deno.listen({ transport: "unix", path });
      const { addr } = listener;
      const target = addr.transport === "tcp"
        ? `tcp://127.0.0.1:${addr.port}`
        : `unix-stream://${path}`;
      const receiver = streamReceiver(listener);
      const recovered: number[] = [];
      const output = open(target, { recovered: (dropped) => void recovered.push(dropped) });
      receiver.read(false);
      const line = (i: number) => `${String(i).padStart(8, "0")} ${"x".repeat(990)}\n`;
      let sent = 0;
      for (; output.dropped < 100; sent++) {
        output.writeLine(line(sent));
        if (sent % 100 === 0) await pause(1);
        assert.ok(sent < 100_000, "nothing was dropped");
      }
      receiver.read(true);
      await waitFor("the rest", () => recovered.length > 0, { deadlineMs: 20_000 });
      assert.equal(recovered.reduce((sum, count) => sum + count), output.dropped);
      output.writeLine("last\n");
      await output.flushed();
      await waitFor("the last line", () => receiver.streams[0]?.text.endsWith("last\n"));
      const lines = receiver.streams.map(({ text }) => text).join("").split("\n").slice(0, -2);
      assert.equal(lines.length, sent - output.dropped);
      for (const text of lines) assert.match(text, /^\d{8} x{990}$/);
      output.close();
      await receiver.close();
    });
  });
}

Deno.test("LogOutput connects again, and sends the line that was cut once more, whole", async () => {
  const receiver = streamReceiver(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  await receiver.close();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const problems: string[] = [];
  const output = open(`tcp://127.0.0.1:${port}`, { failing: (text) => problems.push(text) });
  output.writeLine("one\n");
  await waitFor("a report", () => problems.length === 1);
  assert.match(problems[0] ?? "", /Cannot connect to log target "tcp:/);
  const first = streamReceiver(Deno.listen({ hostname: "127.0.0.1", port }));
  await waitFor("the first line", () => first.streams[0]?.text === "one\n", {
    deadlineMs: 20_000,
  });
  first.read(false);
  let sent = 0;
  const send = () => output.writeLine(`${String(sent++).padStart(8, "0")} ${"y".repeat(60_000)}\n`);
  // More than fits between the two, so that a line is cut.
  while (output.dropped === 0) {
    send();
    await pause(1);
  }
  // Unread bytes make this a reset.
  first.streams[0]?.connection.close();
  first.read(true);
  await waitFor("a new connection", () => first.streams.length > 1, { deadlineMs: 20_000 });
  await output.flushed();
  output.writeLine("last\n");
  await waitFor("the last line", () => first.streams[1]?.text.endsWith("\nlast\n"), {
    deadlineMs: 20_000,
  });
  const lines = (first.streams[1]?.text ?? "").split("\n").slice(0, -2);
  assert.ok(lines.length > 10);
  for (const text of lines) assert.match(text, /^\d{8} y{60000}$/);
  output.close();
  await first.close();
});

Deno.test("LogOutput sends each line as one datagram, over UDP and over a unix socket", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/d.sock`;
    const udp = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const unix = Deno.listenDatagram({ transport: "unixpacket", path });
    const { port } = udp.addr as Deno.NetAddr;
    for (const [socket, target] of [[udp, `udp://127.0.0.1:${port}`], [unix, `unix://${path}`]]) {
      const output = open(String(target));
      const receive = async () =>
        new TextDecoder().decode((await (socket as Deno.DatagramConn).receive())[0]);
      output.writeLine("one\n");
      assert.equal(await receive(), "one\n");
      output.writeLine("x".repeat(70_000));
      output.writeLine("two\n");
      assert.equal(await receive(), "two\n");
      assert.equal(output.dropped, 1);
      output.close();
    }
    udp.close();
    unix.close();
  });
});

Deno.test("LogOutput waits for a unix datagram receiver that is not there, or does not read", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/d.sock`;
    const problems: string[] = [];
    const output = open(`unix://${path}`, { failing: (problem) => problems.push(problem) });
    output.writeLine("one\n");
    await waitFor("a report", () => problems.length === 1);
    const receiver = Deno.listenDatagram({ transport: "unixpacket", path });
    const [datagram] = await receiver.receive();
    assert.equal(new TextDecoder().decode(datagram), "one\n");
    for (let i = 0; output.dropped === 0; i++) {
      output.writeLine("x".repeat(1000));
      if (i % 100 === 0) await pause(1);
      assert.ok(i < 100_000, "nothing was dropped");
    }
    output.close();
    receiver.close();
  });
});

Deno.test("openProcessLog() says what it uses instead of a target it cannot use", () => {
  const refused = openProcessLog(null, "stderr", {});
  assert.match(refused.notice ?? "", /"stderr" is no log target; logging on standard error/);
  const missing = "file:///nowhere/at/all.log";
  const { notice, standard } = openProcessLog(parseLogTarget(missing), missing, {});
  assert.match(notice ?? "", /Cannot open log file "\/nowhere/);
  assert.ok(standard);
  assert.equal(openProcessLog({ kind: "standard" }, "stdout", {}).notice, null);
});

Deno.test("LogOutput.flushed() gives up on a target that hangs, and close() ends the wait", async () => {
  const sink = {
    write: () => new Promise<never>(() => {}),
    reopen() {},
    close() {},
  };
  const due: { readonly ms: number; readonly work: () => void }[] = [];
  const timers = {
    after: (ms: number, work: () => void) => {
      due.push({ ms, work });
      return () => {};
    },
    every: () => () => {},
  };
  const output = new LogOutput(sink, {}, timers);
  output.writeLine("one\n");
  const flushed = output.flushed();
  assert.deepEqual(due.map(({ ms }) => ms), [2_000]);
  due[0]?.work();
  await flushed;
  const wait = output.flushed();
  output.close();
  await wait;
  output.writeLine("two\n");
  assert.equal(output.dropped, 1);
});
