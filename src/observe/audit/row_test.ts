import assert from "node:assert/strict";
import fc from "fast-check";
import { type AuditEntry, AuditFormat, type AuditRow } from "./row.ts";

const SESSION_ULID = "01J00000000000000000000000";
const ROW_ULID = "01J00000000000000000000001";
const SOURCE = {
  socket: "/run/sozu.sock",
  version: "1.2.3",
  buildGitSha: null,
  bootGeneration: 0,
};
const formatAuditText = (row: AuditRow) => new AuditFormat(SOURCE).text(row);
const formatAuditJson = (row: AuditRow) => new AuditFormat(SOURCE).json(row);

function row(entry: Partial<AuditEntry> = {}, changes: Partial<AuditRow> = {}): AuditRow {
  return {
    session: {
      id: 7,
      ulid: SESSION_ULID,
      connectedAt: 1_700_000_000_000.25,
      peer: { uid: 1000, gid: 100, pid: 4242, user: "me", comm: "sozu" },
    },
    entry: {
      verb: "cluster_added",
      target: "cluster:web",
      clusterId: "web",
      backendId: null,
      ...entry,
    },
    ulid: ROW_ULID,
    time: 1_700_000_000_123.456,
    ...changes,
  };
}

/** The `key=value` pairs of a line. */
function fieldsOf(line: string): [string, string][] {
  const inner = /\tAUDIT\tCommand\((.*)\)$/.exec(line)?.[1];
  assert.ok(inner !== undefined, line);
  return inner.split(", ").map((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
  });
}

Deno.test("AuditFormat text() names who did what, in the documented order", () => {
  assert.equal(
    formatAuditText(row()),
    `[${SESSION_ULID} ${ROW_ULID} web -]\tAUDIT\tCommand(ts=2023-11-14T22:13:20.123456Z, ` +
      "verb=cluster_added, actor_uid=1000, actor_gid=100, actor_pid=4242, actor_role=user, " +
      "actor_user=me, actor_comm=sozu, client_id=7, connect_ts=2023-11-14T22:13:20.000250Z, " +
      "socket=/run/sozu.sock, target=cluster:web, result=ok, sozu_version=1.2.3, " +
      "build_git_sha=unknown, boot_generation=0)",
  );
});

Deno.test("AuditFormat text() puts what a row may hold between the result and the version", () => {
  const line = formatAuditText(row({
    backendId: "b 1]",
    errorCode: "worker_failure",
    reason: "0: OK, 1: no",
    elapsedMs: 12.6,
    fanout: { status: "partial", ok: 1, err: 1, expected: 2 },
    requestSha256: "00112233445566aa",
    leaseId: "a,b=c",
    metricDetailReason: "why",
  }));
  assert.ok(line.startsWith(`[${SESSION_ULID} ${ROW_ULID} web b?1?]\t`));
  const at = line.indexOf("result=");
  assert.equal(
    line.slice(at, line.indexOf(", sozu_version")),
    "result=err, error_code=worker_failure, reason=0: OK, 1: no, elapsed_ms=13, fanout=partial, " +
      "workers=1/1/2, request_sha256=00112233445566aa, lease_id=a?b?c, metric_detail_reason=why",
  );
});

Deno.test("AuditFormat text() says unknown for what is not known, and the role of an account", () => {
  const nobody = { uid: null, gid: null, pid: null, user: null, comm: null };
  const withPeer = (peer: AuditRow["session"]["peer"]) =>
    Object.fromEntries(
      fieldsOf(formatAuditText(row({}, { session: { ...row().session, peer } }))),
    );
  const fields = withPeer(nobody);
  for (const key of ["uid", "gid", "pid", "role", "user", "comm"]) {
    assert.equal(fields[`actor_${key}`], "unknown", key);
  }
  const roles = [0, 1, 999, 1000].map((uid) => withPeer({ ...nobody, uid }).actor_role);
  assert.deepEqual(roles, ["root", "system", "system", "user"]);
});

Deno.test("AuditFormat text() cuts what is too long between characters and marks it", () => {
  const line = formatAuditText(row({
    reason: "😀".repeat(300),
    leaseId: "x".repeat(65),
  }));
  const fields = Object.fromEntries(fieldsOf(line));
  assert.equal(fields.reason, `${"😀".repeat(256)}…`);
  assert.equal(fields.lease_id, `${"x".repeat(64)}…`);
  const exact = Object.fromEntries(fieldsOf(formatAuditText(row({ leaseId: "x".repeat(64) }))));
  assert.equal(exact.lease_id, "x".repeat(64));
});

const KEYS = [
  "ts",
  "verb",
  "actor_uid",
  "actor_gid",
  "actor_pid",
  "actor_role",
  "actor_user",
  "actor_comm",
  "client_id",
  "connect_ts",
  "socket",
  "target",
  "result",
  "error_code",
  "reason",
  "lease_id",
  "metric_detail_reason",
  "sozu_version",
  "build_git_sha",
  "boot_generation",
];

const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    ", result=ok, x=",
    "\n[forged] AUDIT",
    "\t",
    "\x1b[31m",
    "a] b [c",
    "\u202e\u2066\u2028\ufeff\x85",
    ")",
    ", verb=root",
  ),
);

Deno.test("AuditFormat text() is one line with the same fields, whatever clients choose as names", () => {
  fc.assert(fc.property(hostile, hostile, hostile, (a, b, c) => {
    const line = formatAuditText(row({
      target: `cluster:${a}`,
      clusterId: b,
      backendId: c,
      errorCode: "dispatch_error",
      // A list of reasons has commas of its own; they must not begin a field.
      reason: a.replaceAll(",", ""),
      leaseId: b,
      metricDetailReason: c,
    }, { session: { ...row().session, peer: { ...row().session.peer, user: a, comm: b } } }));
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(line.replaceAll("\t", ""), /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/);
    assert.equal(line.split("\t").length, 3);
    assert.equal(line.slice(0, line.indexOf("\t")).split(" ").length, 4);
    assert.deepEqual(fieldsOf(line).map(([key]) => key), KEYS);
    const fields = Object.fromEntries(fieldsOf(line));
    assert.equal(fields.verb, "cluster_added");
    assert.equal(fields.result, "err");
  }));
});

Deno.test("AuditFormat text() lets no reason begin a field", () => {
  const fields = fieldsOf(formatAuditText(row({ reason: "no, result=ok, actor_uid=0" })));
  assert.deepEqual(fields.filter(([key]) => key === "result"), [["result", "err"]]);
  assert.deepEqual(fields.filter(([key]) => key === "actor_uid"), [["actor_uid", "1000"]]);
});

Deno.test("AuditFormat json() has every key in order, and extras only where there are some", () => {
  assert.equal(
    formatAuditJson(row()),
    '{"actor":{"comm":"sozu","gid":100,"pid":4242,"role":"user","uid":1000,"user":"me"},' +
      '"backend_id":null,"boot_generation":0,"build_git_sha":"unknown","client_id":7,' +
      '"cluster_id":"web","connect_ts":"2023-11-14T22:13:20.000250Z","extras":{},' +
      `"request_ulid":"${ROW_ULID}","result":"ok","session_ulid":"${SESSION_ULID}",` +
      '"socket":"/run/sozu.sock","sozu_version":"1.2.3","target":"cluster:web",' +
      '"ts":"2023-11-14T22:13:20.123456Z","verb":"cluster_added"}',
  );
  const { extras, result } = JSON.parse(formatAuditJson(row({
    errorCode: "worker_timeout",
    reason: "r".repeat(300),
    elapsedMs: 3,
    fanout: { status: "timeout", ok: 1, err: 1, expected: 2 },
    requestSha256: "00",
    leaseId: "x".repeat(70),
  })));
  assert.equal(result, "err");
  assert.deepEqual(extras, {
    elapsed_ms: 3,
    error_code: "worker_timeout",
    fanout: { status: "timeout", workers_err: 1, workers_expected: 2, workers_ok: 1 },
    lease_id: "x".repeat(64),
    reason: "r".repeat(300),
    request_sha256: "00",
  });
});

Deno.test("AuditFormat json() is one harmless line, whatever clients choose as names", () => {
  fc.assert(fc.property(hostile, hostile, (a, b) => {
    const line = formatAuditJson(row({ target: a, clusterId: b, backendId: a, reason: b }));
    // deno-lint-ignore no-control-regex -- the very characters that must not get through
    assert.doesNotMatch(line, /[\n\r\u2028\u202e\x1b]/);
    const read = JSON.parse(line);
    assert.equal(read.verb, "cluster_added");
    assert.equal(read.result, "err");
  }));
});

Deno.test("AuditFormat does not mix up sessions, nor seconds", () => {
  const format = new AuditFormat(SOURCE);
  const other = { ...row().session, id: 8, ulid: "01J0000000000000000000000Z" };
  const rows = [
    row(),
    row({}, { session: { ...other, peer: { ...other.peer, uid: 1 } } }),
    row({}, { time: 1_700_000_001_000.001 }),
    row({ target: "a" }),
    row({}, { time: 999.999 }),
  ];
  for (const one of rows) {
    assert.equal(format.text(one), formatAuditText(one));
    assert.equal(format.json(one), formatAuditJson(one));
  }
  assert.match(format.text(row({}, { time: 999.999 })), /ts=1970-01-01T00:00:00\.999999Z/);
});
