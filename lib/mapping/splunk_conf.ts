// deno-lint-ignore-file camelcase -- the keys are names of the model
/**
 * What Splunk has to know of records, made of the mapping table: packaging/splunk/. For both of the formats that
 * it reads, the names of its Common Information Model, and the tags by which its data models find them.
 */
import { type Column, columnsOf } from "./field.ts";
import { FIELDS } from "./fields.ts";

/** A file of packaging/splunk/. */
export interface SplunkFile {
  readonly name: string;
  readonly text: string;
}

/** Longer than a record gets: what is longer is cut off, and is no record then. */
const MOST_BYTES = 262_144;

/** Where the local end is, in the words of ECS: a listener is a destination. */
const IS_PORT = `'event.action'="port_listening" OR 'event.action'="port_closed"`;
const IS_FROM_HERE =
  `coalesce('connscribe.initiator',if(${IS_PORT} OR 'connscribe.direction'="ingress","remote","local"))="local"`;

function transport(): string {
  return `case(isnull('network.transport'),"unknown",'network.transport'="ipv6-icmp","icmp",true(),'network.transport')`;
}

/** An address that names a host. */
function address(side: "source" | "destination"): string {
  return `if(isnull('${side}.ip') OR match('${side}.ip',"^(0\\.0\\.0\\.0|::)$"),null(),'${side}.ip')`;
}

function end(side: "source" | "destination"): string {
  const isHere = side === "source" ? IS_FROM_HERE : `NOT (${IS_FROM_HERE})`;
  const host = `if(${isHere},'host.name',null())`;
  return `coalesce(${address(side)},'${side}.domain',${host},"unknown")`;
}

function above0(name: string): string {
  return `if('${name}'>0,'${name}',null())`;
}

function received(what: "bytes" | "packets", isReceived: boolean): string {
  const [ours, theirs] = isReceived ? ["destination", "source"] : ["source", "destination"];
  return `if(${IS_FROM_HERE},'${ours}.${what}','${theirs}.${what}')`;
}

function joined(name: string): string {
  return `mvjoin('${name}{}',", ")`;
}

/** What the model has and ECS says in another way: expressions of Splunk's `eval`, by the model's names. */
const EVALS: Readonly<Record<string, string>> = {
  action:
    `case('connscribe.outcome'="denied" OR ('connscribe.denied'>0 AND NOT coalesce('connscribe.count',0)>'connscribe.denied'),"blocked",'connscribe.event'="open" OR 'connscribe.event'="listen","allowed",'connscribe.event'="close","teardown",true(),"flow")`,
  duration: `'event.duration'/1000000000`,
  direction:
    `case('connscribe.direction'="egress","outbound",'connscribe.direction'="ingress","inbound",true(),null())`,
  state: `coalesce('connscribe.state',if('connscribe.event'="listen","listen",null()))`,
  transport: transport(),
  protocol:
    `case(isnull('network.transport'),null(),'network.transport'="icmp" OR 'network.transport'="ipv6-icmp","icmp",true(),"ip")`,
  transport_dest_port:
    `if((${IS_PORT}) AND isnotnull('destination.port'),printf("%s/%s",${transport()},'destination.port'),null())`,
  src: end("source"),
  src_ip: address("source"),
  src_port: `coalesce('source.port',if(${IS_PORT},0,null()))`,
  dest: end("destination"),
  dest_ip: address("destination"),
  bytes_in: received("bytes", true),
  bytes_out: received("bytes", false),
  bytes: above0("network.bytes"),
  packets_in: received("packets", true),
  packets_out: received("packets", false),
  packets: above0("network.packets"),
  app: `coalesce('process.name','process.executable',"unknown")`,
  process: `'process.command_line'`,
  user_id: `'user.id'`,
  group_id: `'process.group.id'`,
  rule: joined("rule.name"),
  reason: joined("rule.description"),
  dvc: `coalesce('host.name',"unknown")`,
  vendor_product: `"connscribe"`,
};

/** The field of ECS that says the same, word for word. */
function sameInEcs({ field, kind, value }: Column): string | undefined {
  if (kind === "duration") return undefined;
  return columnsOf([field], "ecs").find((column) => column.value === value)?.name;
}

function nameLine(column: Column): string {
  const { name } = column;
  const ecs = sameInEcs(column);
  if (ecs !== undefined) return `FIELDALIAS-${name} = "${ecs}" AS ${name}`;
  const expression = EVALS[name];
  if (expression === undefined) {
    throw new Error(`how ECS says "${name}" of the model is not known: add it to EVALS`);
  }
  return `EVAL-${name} = ${expression}`;
}

function linesOf(timePrefix: string): string[] {
  return [
    "SHOULD_LINEMERGE = false",
    String.raw`LINE_BREAKER = ([\r\n]+)`,
    `TRUNCATE = ${MOST_BYTES}`,
    `TIME_PREFIX = ${timePrefix}`,
    "TIME_FORMAT = %Y-%m-%dT%H:%M:%S.%6N%Z",
    "MAX_TIMESTAMP_LOOKAHEAD = 40",
  ];
}

/** Names of processes have no `=` and no quotation mark in `cim`: here the command line gets them back. */
const UNESCAPED = String.raw`replace(replace(process,"\\\\x3d","="),"\\\\x22","\"")`;

function props(): string[] {
  return [
    "# Goes to $SPLUNK_HOME/etc/apps/connscribe/default/ of search heads and indexers, as all files here.",
    "",
    "# --format cim: Splunk finds the pairs by itself, and they have the names of the model.",
    "[connscribe:cim]",
    ...linesOf('^time="'),
    "KV_MODE = auto",
    `EVAL-process = ${UNESCAPED}`,
    "",
    "# --format ndjson: the names of the model from those of ECS.",
    "[connscribe:ecs]",
    ...linesOf(String.raw`^\{"@timestamp":"`),
    "KV_MODE = json",
    ...columnsOf(FIELDS, "cim").map(nameLine),
  ];
}

const SOURCETYPES = '(sourcetype="connscribe:cim" OR sourcetype="connscribe:ecs")';

function eventtypes(): string[] {
  return [
    "# A source port of 0 is that of a listener.",
    "[connscribe_traffic]",
    `search = ${SOURCETYPES} (event=open OR event=update OR event=close OR event=summary) NOT src_port=0`,
    "",
    "[connscribe_port]",
    `search = ${SOURCETYPES} event=listen dest_port=*`,
  ];
}

function tags(): string[] {
  return [
    "# The data model Network Traffic.",
    "[eventtype=connscribe_traffic]",
    "network = enabled",
    "communicate = enabled",
    "",
    "# The data model Endpoint.Ports.",
    "[eventtype=connscribe_port]",
    "listening = enabled",
    "port = enabled",
  ];
}

function limits(): string[] {
  return [
    "# Of long records fields would be missing: Splunk looks at 5,000 characters of JSON and 10,240 of pairs.",
    "[spath]",
    `extraction_cutoff = ${MOST_BYTES}`,
    "",
    "[kv]",
    `maxchars = ${MOST_BYTES}`,
  ];
}

/** The files of packaging/splunk/. */
export function splunkFiles(): readonly SplunkFile[] {
  const files = {
    "props.conf": props(),
    "eventtypes.conf": eventtypes(),
    "tags.conf": tags(),
    "limits.conf": limits(),
  };
  return Object.entries(files).map(([name, lines]) => ({
    name,
    text: ["# Made of connscribe's mapping table by `deno task packaging`.", ...lines, ""].join(
      "\n",
    ),
  }));
}
