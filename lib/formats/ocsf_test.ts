/** What the format `ocsf` writes is checked by the definitions that OCSF has published. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { eventId } from "./event_id.ts";
import { identityText } from "../mapping/identity.ts";
import { createOcsfFormat } from "./ocsf.ts";
import { ocsfFaults } from "./test_ocsf.ts";
import { hostileConnection, SAMPLES } from "./test_records.ts";
import { hostileReport, SAMPLE_REPORTS } from "./test_reports.ts";

const { line, report } = createOcsfFormat({ communityIdSeed: 0 });
const open = SAMPLES["open"]!;

function eventOf(record: Connection): unknown {
  return JSON.parse(line(record));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** The attribute at a path; undefined where there is none. */
function at(event: unknown, path: string): unknown {
  return path.split(".").reduce(
    (value: unknown, name) => isObject(value) ? value[name] : undefined,
    event,
  );
}

/** Puts an attribute at a path, or takes it away. */
function put(event: unknown, path: string, value: unknown): void {
  const names = path.split(".");
  const last = names.pop() ?? "";
  const parent = names.length === 0 ? event : at(event, names.join("."));
  assert(isObject(parent), path);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
}

Deno.test("ocsf writes records as its schema demands", () => {
  for (const [name, record] of Object.entries(SAMPLES)) {
    assertEquals(ocsfFaults(eventOf(record)), [], name);
  }
});

Deno.test("ocsf writes hostile records as its schema demands", () => {
  fc.assert(
    fc.property(hostileConnection, (record) => {
      assertEquals(ocsfFaults(eventOf(record)), []);
    }),
    { numRuns: 1000 },
  );
});

/** What stands at each path, in the plainest way. */
function expectedValues(record: Connection): Record<string, unknown> {
  const { process, host, nat, local, remote, initiator, direction } = record;
  const isLocalSource = initiator === undefined
    ? remote !== undefined && direction !== "ingress"
    : initiator === "local";
  const [source, destination] = isLocalSource ? [local, remote] : [remote, local];
  const isListener = remote === undefined;
  const milliseconds = (time: number | undefined) => time && Math.floor(time / 1000);
  return {
    "time": milliseconds(record.time),
    "metadata.uid": identityText(eventId(record)),
    "metadata.source": record.collector,
    "connection_info.uid": record.id,
    "connection_info.protocol_name": record.protocol,
    "connection_info.protocol_num": record.protocolNumber,
    "connection_info.protocol_ver_id": record.ipVersion,
    "start_time": milliseconds(record.start),
    "end_time": milliseconds(record.end),
    "duration": milliseconds(record.durationUs),
    "count": record.count,
    "status_detail": record.outcome,
    "src_endpoint.port": source?.port,
    "src_endpoint.hostname": source?.name,
    "src_endpoint.proxy_endpoint.port": source && nat?.source?.port,
    "dst_endpoint.port": destination?.port,
    "dst_endpoint.hostname": destination?.name,
    "dst_endpoint.proxy_endpoint.port": destination && nat?.destination?.port,
    "traffic.bytes_out": isLocalSource ? record.bytesOut : isListener ? undefined : record.bytesIn,
    "traffic.bytes_in": isLocalSource ? (isListener ? undefined : record.bytesIn) : record.bytesOut,
    "actor.process.pid": process?.pid,
    "actor.process.name": process?.name,
    "actor.process.file.path": process?.executable,
    "actor.process.cmd_line": process?.commandLine?.join(" "),
    "actor.process.created_time": milliseconds(process?.start),
    "actor.process.user.name": process?.user,
    "actor.user.uid": process?.uid?.toString(),
    "actor.process.container.uid": process?.containerId,
    "actor.process.parent_process.pid": process?.parent?.pid,
    "actor.process.parent_process.file.path": process?.parent?.executable,
    "device.uid": host?.id,
    "device.hostname": host?.name,
    "device.os.name": host?.os,
    "unmapped.event": record.event,
    "unmapped.direction": record.direction,
    "unmapped.initiator": record.initiator,
    "unmapped.state": record.state,
    "unmapped.preexisting": record.preexisting,
    "unmapped.unit": process?.unit,
    "unmapped.cgroup": process?.cgroup,
    "unmapped.gid": process?.gid,
    "unmapped.attribution": record.attribution,
    "unmapped.attribution_reason": record.attributionReason,
    "unmapped.socket_type": record.socket?.type,
    "unmapped.samples": record.samples,
    "unmapped.rules": record.noteworthy?.map(({ rule }) => rule),
    "unmapped.reasons": record.noteworthy?.map(({ reason }) => reason),
  };
}

Deno.test("ocsf is read as what the record says", () => {
  const check = (record: Connection) => {
    const event = eventOf(record);
    for (const [path, value] of Object.entries(expectedValues(record))) {
      assertEquals(at(event, path), value, path);
    }
  };
  Object.values(SAMPLES).forEach(check);
  fc.assert(fc.property(hostileConnection, check), { numRuns: 500 });
});

Deno.test("ocsf writes reports as its schema demands", () => {
  assert(report);
  for (const [name, sample] of Object.entries(SAMPLE_REPORTS)) {
    assertEquals(ocsfFaults(JSON.parse(report(sample))), [], name);
  }
  fc.assert(
    fc.property(hostileReport, (hostile) => {
      assertEquals(ocsfFaults(JSON.parse(report(hostile))), []);
    }),
    { numRuns: 500 },
  );
});

Deno.test("ocsfFaults finds what is missing, unknown, of another type or not declared", () => {
  const faulty: [fault: string, path: string, value: unknown][] = [
    ["event.time is missing", "time", undefined],
    ["event.colour is not in the schema", "colour", "red"],
    ['event.time is no timestamp_t: "now"', "time", "now"],
    ["event.severity_id cannot be 7", "severity_id", 7],
    ["event.src_endpoint has none of", "src_endpoint", { port: 1 }],
    ['event.src_endpoint.ip is no ip_t: "1.2.3"', "src_endpoint.ip", "1.2.3"],
    ["event.actor.process.file.name is missing", "actor.process.file.name", undefined],
    ["event.device is of the profile host, which", "metadata.profiles", ["container"]],
    ["event.metadata.profiles is no list", "metadata.profiles", "host"],
    ["type_uid is not", "activity_id", 2],
    ["metadata.version is not", "metadata.version", "1.9.0"],
    ["there is no class 4002", "class_uid", 4002],
  ];
  for (const [fault, path, value] of faulty) {
    const event = eventOf(open);
    put(event, path, value);
    const faults = ocsfFaults(event);
    assert(faults.some((found) => found.startsWith(fault)), `${fault} in ${faults}`);
  }
  const event = eventOf(open);
  put(event, "src_endpoint", undefined);
  put(event, "dst_endpoint", undefined);
  assertEquals(ocsfFaults(event), ["event has none of dst_endpoint, src_endpoint"]);
});

Deno.test("ocsf says what was denied as a security control does", () => {
  const denied = eventOf({ ...open, outcome: "denied" });
  const numbers = ["activity_id", "action_id", "disposition_id"].map((name) => at(denied, name));
  assertEquals(numbers, [5, 2, 2]);
  assertEquals(at(denied, "metadata.profiles"), ["host", "container", "security_control"]);
  const partly: Connection = { ...SAMPLES["summary"]!, outcome: "unknown", denied: 3 };
  assertEquals(at(eventOf(partly), "action_id"), undefined);
  const goesOn: Connection = {
    ...SAMPLES["summary"]!,
    outcome: "established",
    count: 0,
    denied: 0,
  };
  assertEquals(at(eventOf(goesOn), "action_id"), undefined);
});

Deno.test("ocsf gives a name to what its objects demand one of, and to nothing else", () => {
  const event = eventOf({
    ...open,
    local: {},
    remote: { port: 53 },
    process: { executable: "/Applications/A b", parent: { name: "launchd" } },
  });
  assertEquals(at(event, "src_endpoint"), undefined);
  assertEquals(at(event, "dst_endpoint"), { port: 53, name: "unknown" });
  assertEquals(at(event, "actor.process"), {
    uid: "/Applications/A b",
    file: { path: "/Applications/A b", name: "A b", type_id: 1 },
    parent_process: { name: "launchd", uid: "launchd" },
  });
  const { remote: _, ...alone } = open;
  assertEquals(at(eventOf({ ...alone, local: {} }), "src_endpoint"), { name: "unknown" });
  assertEquals(at(eventOf({ ...open, local: { ip: "*" } }), "src_endpoint"), { name: "*" });
  const named = eventOf({ ...open, local: { name: "web-1" } });
  assertEquals(at(named, "src_endpoint"), { hostname: "web-1" });
});

Deno.test("ocsf says whether the source is known to have opened the connection", () => {
  const isKnown = (record: Connection) => at(eventOf(record), "is_src_dst_assignment_known");
  const { initiator: _, ...unsure } = open;
  assertEquals(isKnown(open), true);
  assertEquals(isKnown(unsure), false);
  assertEquals(isKnown(SAMPLES["listen"]!), undefined);
});

Deno.test("ocsf says which end is on this host", () => {
  const point = (record: Connection) => at(eventOf(record), "observation_point_id");
  assertEquals(point(open), 1);
  assertEquals(point({ ...open, initiator: "remote" }), 2);
  assertEquals(point(SAMPLES["listen"]!), 2);
  assertEquals(point({ ...open, direction: "local" }), 4);
});
