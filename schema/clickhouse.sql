-- Made of connscribe's mapping table by `deno task schema`: see docs/FLEET.md.

CREATE DATABASE IF NOT EXISTS connscribe;

-- Lines of ndjson go in here as they are, and nothing stays: the views below take what they want.
CREATE TABLE IF NOT EXISTS connscribe.landing (line String) ENGINE = Null;

-- Each event once: of rows with the same key one stays. A part of the key is what the questions ask for; all of it
-- follows from the event, so that an event which comes twice has the same key and the same partition.
CREATE TABLE IF NOT EXISTS connscribe.connections
(
    timestamp DateTime64(6, 'UTC') COMMENT 'When the event was observed' CODEC(Delta, ZSTD(1)),
    event_id String COMMENT 'Identity of the event: by it a store tells a repeated record from another one' CODEC(ZSTD(1)),
    connscribe_event LowCardinality(String) COMMENT 'What happened; a summary stands for several connections',
    event_action LowCardinality(String) COMMENT 'What happened; a summary stands for several connections (connection_attempted, connection_accepted, connection_updated, disconnect_received, connection_summary, port_listening, port_closed)',
    event_type Array(String) COMMENT 'What happened; a summary stands for several connections (connection or info, with start, end, allowed, denied)' CODEC(ZSTD(1)),
    connscribe_connection_id String COMMENT 'Identity of the connection: the same for all of its events, and again on another run' CODEC(ZSTD(1)),
    event_start Nullable(DateTime64(6, 'UTC')) COMMENT 'When the connection began, or when it was first seen' CODEC(Delta, ZSTD(1)),
    event_end Nullable(DateTime64(6, 'UTC')) COMMENT 'When it ended, or when it was first missed' CODEC(Delta, ZSTD(1)),
    event_duration Nullable(UInt64) COMMENT 'How long it lasted (nanoseconds)',
    connscribe_preexisting Nullable(Bool) COMMENT 'It was there already when the collector started: its true start is not known',
    connscribe_direction LowCardinality(String) COMMENT 'Direction as this host sees it',
    network_direction LowCardinality(Nullable(String)) COMMENT 'Direction as this host sees it (absent where it is unknown)',
    connscribe_initiator LowCardinality(Nullable(String)) COMMENT 'Which end opened the connection',
    connscribe_outcome LowCardinality(String) COMMENT 'How the attempt to connect ended',
    event_outcome LowCardinality(String) COMMENT 'How the attempt to connect ended',
    connscribe_state LowCardinality(Nullable(String)) COMMENT 'State of the socket in lower case, as RFC 9293 names them',
    network_transport LowCardinality(Nullable(String)) COMMENT 'Protocol: the keyword of IANA in lower case, or its number',
    network_iana_number LowCardinality(Nullable(String)) COMMENT 'Number of the protocol, as IANA assigns it (as text)',
    network_type LowCardinality(Nullable(String)) COMMENT 'Version of IP: 4 or 6',
    connscribe_icmp_type Nullable(UInt64) COMMENT 'Type of the ICMP or ICMPv6 message that began it',
    connscribe_icmp_code Nullable(UInt64) COMMENT 'Code of that message',
    network_protocol LowCardinality(Nullable(String)) COMMENT 'Protocol of the application, where a log tells: http, dns',
    network_community_id Nullable(String) COMMENT 'Community ID v1: by it other sensors know the same connection' CODEC(ZSTD(1)),
    connscribe_remote_name_source LowCardinality(Nullable(String)) COMMENT 'Where the name of the other end comes from',
    source_ip Nullable(String) COMMENT 'Address of the source: the end that opened the connection' CODEC(ZSTD(1)),
    source_port Nullable(UInt64) COMMENT 'Port of the source',
    source_domain Nullable(String) COMMENT 'Name of the source' CODEC(ZSTD(1)),
    source_bytes Nullable(UInt64) COMMENT 'Bytes that the source has sent',
    source_packets Nullable(UInt64) COMMENT 'Packets that the source has sent',
    source_nat_ip Nullable(String) COMMENT 'Address of the source behind address translation' CODEC(ZSTD(1)),
    source_nat_port Nullable(UInt64) COMMENT 'Port of the source behind address translation',
    destination_ip Nullable(String) COMMENT 'Address of the destination: the end that took the connection, or listens' CODEC(ZSTD(1)),
    destination_port Nullable(UInt64) COMMENT 'Port of the destination',
    destination_domain Nullable(String) COMMENT 'Name of the destination' CODEC(ZSTD(1)),
    destination_bytes Nullable(UInt64) COMMENT 'Bytes that the destination has sent',
    destination_packets Nullable(UInt64) COMMENT 'Packets that the destination has sent',
    destination_nat_ip Nullable(String) COMMENT 'Address of the destination behind address translation' CODEC(ZSTD(1)),
    destination_nat_port Nullable(UInt64) COMMENT 'Port of the destination behind address translation',
    network_bytes Nullable(UInt64) COMMENT 'Bytes in both directions',
    network_packets Nullable(UInt64) COMMENT 'Packets in both directions',
    related_hosts Array(String) COMMENT 'All names of hosts in the record' CODEC(ZSTD(1)),
    related_ip Array(String) COMMENT 'All addresses in the record' CODEC(ZSTD(1)),
    related_user Array(String) COMMENT 'All names of users in the record' CODEC(ZSTD(1)),
    process_pid Nullable(UInt64) COMMENT 'Id of the process',
    process_start Nullable(DateTime64(6, 'UTC')) COMMENT 'When the process was started' CODEC(Delta, ZSTD(1)),
    process_name LowCardinality(Nullable(String)) COMMENT 'Name of the process',
    process_entity_id Nullable(String) COMMENT 'Identity of the process, safe against reuse of its id' CODEC(ZSTD(1)),
    process_executable LowCardinality(Nullable(String)) COMMENT 'Path of the executable of the process',
    process_command_line Nullable(String) COMMENT 'Command line of the process (words apart by blanks)' CODEC(ZSTD(1)),
    process_args Array(String) COMMENT 'Command line of the process' CODEC(ZSTD(1)),
    process_args_count Nullable(UInt64) COMMENT 'Command line of the process',
    connscribe_process_command_line_bytes Nullable(UInt64) COMMENT 'Full length of the command line where it is cut, bytes',
    process_user_id LowCardinality(Nullable(String)) COMMENT 'Id of the user of the process (as text)',
    user_id LowCardinality(Nullable(String)) COMMENT 'Id of the user of the process (as text)',
    process_user_name LowCardinality(Nullable(String)) COMMENT 'Name of the user of the process',
    user_name LowCardinality(Nullable(String)) COMMENT 'Name of the user of the process',
    process_group_id LowCardinality(Nullable(String)) COMMENT 'Id of the group of the process (as text)',
    process_parent_pid Nullable(UInt64) COMMENT 'Id of the parent process',
    process_parent_start Nullable(DateTime64(6, 'UTC')) COMMENT 'When the parent process was started' CODEC(Delta, ZSTD(1)),
    process_parent_name LowCardinality(Nullable(String)) COMMENT 'Name of the parent process',
    process_parent_executable LowCardinality(Nullable(String)) COMMENT 'Path of the executable of the parent process',
    process_parent_entity_id Nullable(String) COMMENT 'Identity of the parent process' CODEC(ZSTD(1)),
    connscribe_unit LowCardinality(Nullable(String)) COMMENT 'systemd unit of the process',
    connscribe_user_unit LowCardinality(Nullable(String)) COMMENT 'systemd unit of the process below the service manager of its user',
    connscribe_cgroup LowCardinality(Nullable(String)) COMMENT 'Path of the control group of the process',
    container_id LowCardinality(Nullable(String)) COMMENT 'Id of the container of the process',
    connscribe_process_netns Nullable(UInt64) COMMENT 'Inode number of the network namespace of the process',
    connscribe_attribution_kind LowCardinality(String) COMMENT 'How the process was found',
    connscribe_attribution_reason LowCardinality(Nullable(String)) COMMENT 'Why there is no process, or why it is not exact',
    connscribe_count Nullable(UInt64) COMMENT 'Of a summary: how many connections it stands for',
    connscribe_denied Nullable(UInt64) COMMENT 'Of a summary: how many of them were denied',
    connscribe_first Nullable(DateTime64(6, 'UTC')) COMMENT 'Of a summary: the time of the first event in it' CODEC(Delta, ZSTD(1)),
    connscribe_last Nullable(DateTime64(6, 'UTC')) COMMENT 'Of a summary: the time of the last event in it' CODEC(Delta, ZSTD(1)),
    connscribe_records Nullable(UInt64) COMMENT 'Of a summary: how many records it was made of',
    connscribe_remotes Nullable(UInt64) COMMENT 'Of a summary: how many remote addresses it stands for',
    connscribe_samples Array(String) COMMENT 'Of a summary: ids of some of its connections' CODEC(ZSTD(1)),
    connscribe_other Nullable(Bool) COMMENT 'Of a summary: it stands for all for which there was no room of their own',
    event_kind LowCardinality(String) COMMENT 'Whether a rule found it noteworthy (alert where one did)',
    rule_name Array(String) COMMENT 'The rules by which it is noteworthy' CODEC(ZSTD(1)),
    rule_description Array(String) COMMENT 'The reasons that the rules give, in the same order' CODEC(ZSTD(1)),
    connscribe_netns Nullable(UInt64) COMMENT 'Inode number of the network namespace that holds the socket',
    connscribe_socket_type LowCardinality(Nullable(String)) COMMENT 'Type of the socket',
    connscribe_socket_inode Nullable(UInt64) COMMENT 'Inode number of the socket',
    connscribe_socket_uid Nullable(UInt64) COMMENT 'Id of the user that owns the socket',
    connscribe_collector LowCardinality(String) COMMENT 'Name of the collector that saw it',
    host_id LowCardinality(Nullable(String)) COMMENT 'Id of the host, derived from its machine id',
    host_name LowCardinality(Nullable(String)) COMMENT 'Name of the host',
    host_os_type LowCardinality(Nullable(String)) COMMENT 'Operating system of the host: linux, macos',
    ecs_version LowCardinality(String) COMMENT 'The same in every record (9.0.0)',
    event_category Array(String) COMMENT 'The same in every record (network)' CODEC(ZSTD(1)),
    event_dataset LowCardinality(String) COMMENT 'The same in every record (connscribe.connection)',
    event_module LowCardinality(String) COMMENT 'The same in every record (connscribe)',
    moment DateTime64(6, 'UTC') DEFAULT CASE WHEN connscribe_event = 'summary' AND event_end = timestamp THEN timestamp - toIntervalMicrosecond(1) ELSE timestamp END COMMENT 'When the record counts: a summary within its window, which ends before its end',
    from_name Nullable(String) DEFAULT CASE WHEN length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END)) > 1 AND right((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END), 1) = '.' THEN lower(left((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END), length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END)) - 1)) ELSE lower((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END)) END COMMENT 'Name of the host that connected, in lower case and without a dot at its end',
    from_ip Nullable(String) DEFAULT CASE WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN destination_ip ELSE source_ip END COMMENT 'Its address',
    to_name Nullable(String) DEFAULT CASE WHEN length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END)) > 1 AND right((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END), 1) = '.' THEN lower(left((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END), length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END)) - 1)) ELSE lower((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END)) END COMMENT 'Name of the host that was connected to, as that',
    to_ip Nullable(String) DEFAULT CASE WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_ip END COMMENT 'Its address',
    from_host String DEFAULT coalesce(from_name, from_ip, '') COMMENT 'What answers call who connected: the name, else the address, else nothing',
    to_host String DEFAULT coalesce(to_name, to_ip, '') COMMENT 'What answers call who was connected to',
    connection_count UInt64 DEFAULT CASE WHEN connscribe_event = 'summary' THEN coalesce(connscribe_count, 1) WHEN connscribe_event = 'open' THEN 1 WHEN connscribe_event <> 'close' THEN 0 WHEN connscribe_collector IN ('zeek', 'zeek-json') THEN 1 WHEN event_start IS NULL AND connscribe_preexisting IS NULL AND connscribe_collector <> 'conntrack' THEN 1 ELSE 0 END COMMENT 'How many connections the record tells of: each is counted once'
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(moment)
ORDER BY (toStartOfHour(moment), to_host, from_host, moment, event_id)
TTL toDateTime(moment) + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS connscribe.landing_connections TO connscribe.connections AS
WITH JSONExtract(line, 'Tuple(`@timestamp` Nullable(String), event Tuple(id Nullable(String), action Nullable(String), type Array(String), start Nullable(String), end Nullable(String), duration Nullable(UInt64), outcome Nullable(String), kind Nullable(String), category Array(String), dataset Nullable(String), module Nullable(String)), connscribe Tuple(event Nullable(String), connection Tuple(id Nullable(String)), preexisting Nullable(Bool), direction Nullable(String), initiator Nullable(String), outcome Nullable(String), state Nullable(String), icmp Tuple(type Nullable(UInt64), code Nullable(UInt64)), remote Tuple(name_source Nullable(String)), process Tuple(command_line_bytes Nullable(UInt64), netns Nullable(UInt64)), unit Nullable(String), user_unit Nullable(String), cgroup Nullable(String), attribution Tuple(kind Nullable(String), reason Nullable(String)), count Nullable(UInt64), denied Nullable(UInt64), first Nullable(String), last Nullable(String), records Nullable(UInt64), remotes Nullable(UInt64), samples Array(String), other Nullable(Bool), netns Nullable(UInt64), socket Tuple(type Nullable(String), inode Nullable(UInt64), uid Nullable(UInt64)), collector Nullable(String)), network Tuple(direction Nullable(String), transport Nullable(String), iana_number Nullable(String), type Nullable(String), protocol Nullable(String), community_id Nullable(String), bytes Nullable(UInt64), packets Nullable(UInt64)), source Tuple(ip Nullable(String), port Nullable(UInt64), domain Nullable(String), bytes Nullable(UInt64), packets Nullable(UInt64), nat Tuple(ip Nullable(String), port Nullable(UInt64))), destination Tuple(ip Nullable(String), port Nullable(UInt64), domain Nullable(String), bytes Nullable(UInt64), packets Nullable(UInt64), nat Tuple(ip Nullable(String), port Nullable(UInt64))), related Tuple(hosts Array(String), ip Array(String), user Array(String)), process Tuple(pid Nullable(UInt64), start Nullable(String), name Nullable(String), entity_id Nullable(String), executable Nullable(String), command_line Nullable(String), args Array(String), args_count Nullable(UInt64), user Tuple(id Nullable(String), name Nullable(String)), group Tuple(id Nullable(String)), parent Tuple(pid Nullable(UInt64), start Nullable(String), name Nullable(String), executable Nullable(String), entity_id Nullable(String))), user Tuple(id Nullable(String), name Nullable(String)), container Tuple(id Nullable(String)), rule Tuple(name Array(String), description Array(String)), host Tuple(id Nullable(String), name Nullable(String), os Tuple(type Nullable(String))), ecs Tuple(version Nullable(String)))') AS fields
SELECT
    assumeNotNull(parseDateTime64BestEffortOrNull(fields.`@timestamp`, 6, 'UTC')) AS timestamp,
    ifNull(fields.event.id, '') AS event_id,
    ifNull(fields.connscribe.event, '') AS connscribe_event,
    ifNull(fields.event.action, '') AS event_action,
    fields.event.type AS event_type,
    ifNull(fields.connscribe.connection.id, '') AS connscribe_connection_id,
    parseDateTime64BestEffortOrNull(fields.event.start, 6, 'UTC') AS event_start,
    parseDateTime64BestEffortOrNull(fields.event.end, 6, 'UTC') AS event_end,
    fields.event.duration AS event_duration,
    fields.connscribe.preexisting AS connscribe_preexisting,
    ifNull(fields.connscribe.direction, '') AS connscribe_direction,
    fields.network.direction AS network_direction,
    fields.connscribe.initiator AS connscribe_initiator,
    ifNull(fields.connscribe.outcome, '') AS connscribe_outcome,
    ifNull(fields.event.outcome, '') AS event_outcome,
    fields.connscribe.state AS connscribe_state,
    fields.network.transport AS network_transport,
    fields.network.iana_number AS network_iana_number,
    fields.network.type AS network_type,
    fields.connscribe.icmp.type AS connscribe_icmp_type,
    fields.connscribe.icmp.code AS connscribe_icmp_code,
    fields.network.protocol AS network_protocol,
    fields.network.community_id AS network_community_id,
    fields.connscribe.remote.name_source AS connscribe_remote_name_source,
    fields.source.ip AS source_ip,
    fields.source.port AS source_port,
    fields.source.domain AS source_domain,
    fields.source.bytes AS source_bytes,
    fields.source.packets AS source_packets,
    fields.source.nat.ip AS source_nat_ip,
    fields.source.nat.port AS source_nat_port,
    fields.destination.ip AS destination_ip,
    fields.destination.port AS destination_port,
    fields.destination.domain AS destination_domain,
    fields.destination.bytes AS destination_bytes,
    fields.destination.packets AS destination_packets,
    fields.destination.nat.ip AS destination_nat_ip,
    fields.destination.nat.port AS destination_nat_port,
    fields.network.bytes AS network_bytes,
    fields.network.packets AS network_packets,
    fields.related.hosts AS related_hosts,
    fields.related.ip AS related_ip,
    fields.related.user AS related_user,
    fields.process.pid AS process_pid,
    parseDateTime64BestEffortOrNull(fields.process.start, 6, 'UTC') AS process_start,
    fields.process.name AS process_name,
    fields.process.entity_id AS process_entity_id,
    fields.process.executable AS process_executable,
    fields.process.command_line AS process_command_line,
    fields.process.args AS process_args,
    fields.process.args_count AS process_args_count,
    fields.connscribe.process.command_line_bytes AS connscribe_process_command_line_bytes,
    fields.process.user.id AS process_user_id,
    fields.user.id AS user_id,
    fields.process.user.name AS process_user_name,
    fields.user.name AS user_name,
    fields.process.group.id AS process_group_id,
    fields.process.parent.pid AS process_parent_pid,
    parseDateTime64BestEffortOrNull(fields.process.parent.start, 6, 'UTC') AS process_parent_start,
    fields.process.parent.name AS process_parent_name,
    fields.process.parent.executable AS process_parent_executable,
    fields.process.parent.entity_id AS process_parent_entity_id,
    fields.connscribe.unit AS connscribe_unit,
    fields.connscribe.user_unit AS connscribe_user_unit,
    fields.connscribe.cgroup AS connscribe_cgroup,
    fields.container.id AS container_id,
    fields.connscribe.process.netns AS connscribe_process_netns,
    ifNull(fields.connscribe.attribution.kind, '') AS connscribe_attribution_kind,
    fields.connscribe.attribution.reason AS connscribe_attribution_reason,
    fields.connscribe.count AS connscribe_count,
    fields.connscribe.denied AS connscribe_denied,
    parseDateTime64BestEffortOrNull(fields.connscribe.first, 6, 'UTC') AS connscribe_first,
    parseDateTime64BestEffortOrNull(fields.connscribe.last, 6, 'UTC') AS connscribe_last,
    fields.connscribe.records AS connscribe_records,
    fields.connscribe.remotes AS connscribe_remotes,
    fields.connscribe.samples AS connscribe_samples,
    fields.connscribe.other AS connscribe_other,
    ifNull(fields.event.kind, '') AS event_kind,
    fields.rule.name AS rule_name,
    fields.rule.description AS rule_description,
    fields.connscribe.netns AS connscribe_netns,
    fields.connscribe.socket.type AS connscribe_socket_type,
    fields.connscribe.socket.inode AS connscribe_socket_inode,
    fields.connscribe.socket.uid AS connscribe_socket_uid,
    ifNull(fields.connscribe.collector, '') AS connscribe_collector,
    fields.host.id AS host_id,
    fields.host.name AS host_name,
    fields.host.os.type AS host_os_type,
    ifNull(fields.ecs.version, '') AS ecs_version,
    fields.event.category AS event_category,
    ifNull(fields.event.dataset, '') AS event_dataset,
    ifNull(fields.event.module, '') AS event_module
FROM connscribe.landing
WHERE JSONExtractString(line, 'event', 'dataset') = 'connscribe.connection' AND JSONExtractString(line, 'event', 'id') <> '' AND parseDateTime64BestEffortOrNull(JSONExtractString(line, '@timestamp'), 6, 'UTC') IS NOT NULL;

-- Reports on the runs: what each host could see, and what was lost.
CREATE TABLE IF NOT EXISTS connscribe.reports
(
    timestamp DateTime64(6, 'UTC'),
    event_id String,
    event_action LowCardinality(String),
    host_id LowCardinality(String),
    host_name LowCardinality(String),
    line String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (host_id, timestamp, event_id)
TTL toDateTime(timestamp) + INTERVAL 1 YEAR
SETTINGS ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS connscribe.landing_reports TO connscribe.reports AS
SELECT
    assumeNotNull(parseDateTime64BestEffortOrNull(JSONExtractString(line, '@timestamp'), 6, 'UTC')) AS timestamp,
    JSONExtractString(line, 'event', 'id') AS event_id,
    JSONExtractString(line, 'event', 'action') AS event_action,
    JSONExtractString(line, 'host', 'id') AS host_id,
    JSONExtractString(line, 'host', 'name') AS host_name,
    line
FROM connscribe.landing
WHERE JSONExtractString(line, 'event', 'module') = 'connscribe' AND JSONExtractString(line, 'event', 'dataset') <> 'connscribe.connection' AND JSONExtractString(line, 'event', 'id') <> '' AND parseDateTime64BestEffortOrNull(JSONExtractString(line, '@timestamp'), 6, 'UTC') IS NOT NULL;

-- Lines that are neither, such as the torn one at the end of a log: nothing is lost in silence.
CREATE TABLE IF NOT EXISTS connscribe.malformed
(
    loaded DateTime('UTC') DEFAULT now('UTC'),
    line String CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(loaded)
ORDER BY loaded
TTL loaded + INTERVAL 30 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS connscribe.landing_malformed TO connscribe.malformed AS
SELECT line
FROM connscribe.landing
WHERE line <> '' AND NOT (JSONExtractString(line, 'event', 'dataset') = 'connscribe.connection' AND JSONExtractString(line, 'event', 'id') <> '' AND parseDateTime64BestEffortOrNull(JSONExtractString(line, '@timestamp'), 6, 'UTC') IS NOT NULL) AND NOT (JSONExtractString(line, 'event', 'module') = 'connscribe' AND JSONExtractString(line, 'event', 'dataset') <> 'connscribe.connection' AND JSONExtractString(line, 'event', 'id') <> '' AND parseDateTime64BestEffortOrNull(JSONExtractString(line, '@timestamp'), 6, 'UTC') IS NOT NULL);

-- What to ask: each event once also while parts are not merged yet. An event is in one partition only.
CREATE VIEW IF NOT EXISTS connscribe.events AS
SELECT * FROM connscribe.connections FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- Hour by hour, who connected to whom how often, for longer than the events are kept. A sum would count an event that
-- comes twice twice. So the state knows the events, by a hash, and the count of each: what comes again changes nothing.
CREATE TABLE IF NOT EXISTS connscribe.hourly_states
(
    hour DateTime('UTC'),
    to_host String,
    to_ip String,
    from_host String,
    from_ip String,
    counts AggregateFunction(maxMap, Map(UInt64, UInt64))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, to_host, to_ip, from_host, from_ip)
TTL hour + INTERVAL 2 YEAR
SETTINGS ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS connscribe.connections_hourly TO connscribe.hourly_states AS
SELECT
    toStartOfHour(connections.moment) AS hour,
    connections.to_host AS to_host,
    ifNull(connections.to_ip, '') AS to_ip,
    connections.from_host AS from_host,
    ifNull(connections.from_ip, '') AS from_ip,
    maxMapState(map(sipHash64(event_id), connection_count)) AS counts
FROM connscribe.connections
WHERE connection_count > 0 AND connections.to_host <> '' AND connections.from_host <> ''
GROUP BY hour, to_host, to_ip, from_host, from_ip;

CREATE VIEW IF NOT EXISTS connscribe.hourly AS
SELECT hour, to_host, to_ip, from_host, from_ip, arraySum(mapValues(maxMapMerge(counts))) AS connection_count
FROM connscribe.hourly_states
GROUP BY hour, to_host, to_ip, from_host, from_ip;
