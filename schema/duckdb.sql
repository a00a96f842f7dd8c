-- Made of connscribe's mapping table by `deno task schema`: see docs/FLEET.md.

-- The connections in lines of ndjson, each event once: SELECT * FROM connscribe_ndjson('segments/*.ndjson*').
CREATE OR REPLACE MACRO connscribe_ndjson(path) AS TABLE
    SELECT
        *,
        CASE WHEN connscribe_event = 'summary' AND event_end = timestamp THEN timestamp - INTERVAL 1 MICROSECOND ELSE timestamp END AS moment,
        CASE WHEN length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END)) > 1 AND right((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END), 1) = '.' THEN translate(left((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END), length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END)) - 1), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') ELSE translate((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') END AS from_name,
        CASE WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN destination_ip ELSE source_ip END AS from_ip,
        CASE WHEN length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END)) > 1 AND right((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END), 1) = '.' THEN translate(left((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END), length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END)) - 1), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') ELSE translate((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') END AS to_name,
        CASE WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_ip END AS to_ip,
        coalesce(from_name, from_ip, '') AS from_host,
        coalesce(to_name, to_ip, '') AS to_host,
        CASE WHEN connscribe_event = 'summary' THEN coalesce(connscribe_count, 1) WHEN connscribe_event = 'open' THEN 1 WHEN connscribe_event <> 'close' THEN 0 WHEN connscribe_collector IN ('zeek', 'zeek-json') THEN 1 WHEN event_start IS NULL AND connscribe_preexisting IS NULL AND connscribe_collector <> 'conntrack' THEN 1 ELSE 0 END AS connection_count
    FROM (
        SELECT DISTINCT ON (event_id) *
        FROM (
        SELECT
            "@timestamp" AS timestamp,
            "event"."id" AS event_id,
            "connscribe"."event" AS connscribe_event,
            "event"."action" AS event_action,
            "event"."type" AS event_type,
            "connscribe"."connection"."id" AS connscribe_connection_id,
            "event"."start" AS event_start,
            "event"."end" AS event_end,
            "event"."duration" AS event_duration,
            "connscribe"."preexisting" AS connscribe_preexisting,
            "connscribe"."direction" AS connscribe_direction,
            "network"."direction" AS network_direction,
            "connscribe"."initiator" AS connscribe_initiator,
            "connscribe"."outcome" AS connscribe_outcome,
            "event"."outcome" AS event_outcome,
            "connscribe"."state" AS connscribe_state,
            "network"."transport" AS network_transport,
            "network"."iana_number" AS network_iana_number,
            "network"."type" AS network_type,
            "connscribe"."icmp"."type" AS connscribe_icmp_type,
            "connscribe"."icmp"."code" AS connscribe_icmp_code,
            "network"."protocol" AS network_protocol,
            "network"."community_id" AS network_community_id,
            "connscribe"."remote"."name_source" AS connscribe_remote_name_source,
            "source"."ip" AS source_ip,
            "source"."port" AS source_port,
            "source"."domain" AS source_domain,
            "source"."bytes" AS source_bytes,
            "source"."packets" AS source_packets,
            "source"."nat"."ip" AS source_nat_ip,
            "source"."nat"."port" AS source_nat_port,
            "destination"."ip" AS destination_ip,
            "destination"."port" AS destination_port,
            "destination"."domain" AS destination_domain,
            "destination"."bytes" AS destination_bytes,
            "destination"."packets" AS destination_packets,
            "destination"."nat"."ip" AS destination_nat_ip,
            "destination"."nat"."port" AS destination_nat_port,
            "network"."bytes" AS network_bytes,
            "network"."packets" AS network_packets,
            "related"."hosts" AS related_hosts,
            "related"."ip" AS related_ip,
            "related"."user" AS related_user,
            "process"."pid" AS process_pid,
            "process"."start" AS process_start,
            "process"."name" AS process_name,
            "process"."entity_id" AS process_entity_id,
            "process"."executable" AS process_executable,
            "process"."command_line" AS process_command_line,
            "process"."args" AS process_args,
            "process"."args_count" AS process_args_count,
            "connscribe"."process"."command_line_bytes" AS connscribe_process_command_line_bytes,
            "process"."user"."id" AS process_user_id,
            "user"."id" AS user_id,
            "process"."user"."name" AS process_user_name,
            "user"."name" AS user_name,
            "process"."group"."id" AS process_group_id,
            "process"."parent"."pid" AS process_parent_pid,
            "process"."parent"."start" AS process_parent_start,
            "process"."parent"."name" AS process_parent_name,
            "process"."parent"."executable" AS process_parent_executable,
            "process"."parent"."entity_id" AS process_parent_entity_id,
            "connscribe"."unit" AS connscribe_unit,
            "connscribe"."user_unit" AS connscribe_user_unit,
            "connscribe"."cgroup" AS connscribe_cgroup,
            "container"."id" AS container_id,
            "connscribe"."process"."netns" AS connscribe_process_netns,
            "connscribe"."attribution"."kind" AS connscribe_attribution_kind,
            "connscribe"."attribution"."reason" AS connscribe_attribution_reason,
            "connscribe"."count" AS connscribe_count,
            "connscribe"."denied" AS connscribe_denied,
            "connscribe"."first" AS connscribe_first,
            "connscribe"."last" AS connscribe_last,
            "connscribe"."records" AS connscribe_records,
            "connscribe"."remotes" AS connscribe_remotes,
            "connscribe"."samples" AS connscribe_samples,
            "connscribe"."other" AS connscribe_other,
            "event"."kind" AS event_kind,
            "rule"."name" AS rule_name,
            "rule"."description" AS rule_description,
            "connscribe"."netns" AS connscribe_netns,
            "connscribe"."socket"."type" AS connscribe_socket_type,
            "connscribe"."socket"."inode" AS connscribe_socket_inode,
            "connscribe"."socket"."uid" AS connscribe_socket_uid,
            "connscribe"."collector" AS connscribe_collector,
            "host"."id" AS host_id,
            "host"."name" AS host_name,
            "host"."os"."type" AS host_os_type,
            "ecs"."version" AS ecs_version,
            "event"."category" AS event_category,
            "event"."dataset" AS event_dataset,
            "event"."module" AS event_module
        FROM read_json(path, format = 'newline_delimited', ignore_errors = true, columns = {
            '@timestamp': 'TIMESTAMP',
            'event': 'STRUCT("id" VARCHAR, "action" VARCHAR, "type" VARCHAR[], "start" TIMESTAMP, "end" TIMESTAMP, "duration" BIGINT, "outcome" VARCHAR, "kind" VARCHAR, "category" VARCHAR[], "dataset" VARCHAR, "module" VARCHAR)',
            'connscribe': 'STRUCT("event" VARCHAR, "connection" STRUCT("id" VARCHAR), "preexisting" BOOLEAN, "direction" VARCHAR, "initiator" VARCHAR, "outcome" VARCHAR, "state" VARCHAR, "icmp" STRUCT("type" BIGINT, "code" BIGINT), "remote" STRUCT("name_source" VARCHAR), "process" STRUCT("command_line_bytes" BIGINT, "netns" BIGINT), "unit" VARCHAR, "user_unit" VARCHAR, "cgroup" VARCHAR, "attribution" STRUCT("kind" VARCHAR, "reason" VARCHAR), "count" BIGINT, "denied" BIGINT, "first" TIMESTAMP, "last" TIMESTAMP, "records" BIGINT, "remotes" BIGINT, "samples" VARCHAR[], "other" BOOLEAN, "netns" BIGINT, "socket" STRUCT("type" VARCHAR, "inode" BIGINT, "uid" BIGINT), "collector" VARCHAR)',
            'network': 'STRUCT("direction" VARCHAR, "transport" VARCHAR, "iana_number" VARCHAR, "type" VARCHAR, "protocol" VARCHAR, "community_id" VARCHAR, "bytes" BIGINT, "packets" BIGINT)',
            'source': 'STRUCT("ip" VARCHAR, "port" BIGINT, "domain" VARCHAR, "bytes" BIGINT, "packets" BIGINT, "nat" STRUCT("ip" VARCHAR, "port" BIGINT))',
            'destination': 'STRUCT("ip" VARCHAR, "port" BIGINT, "domain" VARCHAR, "bytes" BIGINT, "packets" BIGINT, "nat" STRUCT("ip" VARCHAR, "port" BIGINT))',
            'related': 'STRUCT("hosts" VARCHAR[], "ip" VARCHAR[], "user" VARCHAR[])',
            'process': 'STRUCT("pid" BIGINT, "start" TIMESTAMP, "name" VARCHAR, "entity_id" VARCHAR, "executable" VARCHAR, "command_line" VARCHAR, "args" VARCHAR[], "args_count" BIGINT, "user" STRUCT("id" VARCHAR, "name" VARCHAR), "group" STRUCT("id" VARCHAR), "parent" STRUCT("pid" BIGINT, "start" TIMESTAMP, "name" VARCHAR, "executable" VARCHAR, "entity_id" VARCHAR))',
            'user': 'STRUCT("id" VARCHAR, "name" VARCHAR)',
            'container': 'STRUCT("id" VARCHAR)',
            'rule': 'STRUCT("name" VARCHAR[], "description" VARCHAR[])',
            'host': 'STRUCT("id" VARCHAR, "name" VARCHAR, "os" STRUCT("type" VARCHAR))',
            'ecs': 'STRUCT("version" VARCHAR)'
        })
        WHERE "event"."dataset" = 'connscribe.connection' AND "event"."id" IS NOT NULL AND "@timestamp" IS NOT NULL
        )
    );

-- What `connscribe convert --format parquet` has written, each event once: SELECT * FROM connscribe_parquet('fleet/*/*/*.parquet').
-- Conditions on day and host say which files are read.
CREATE OR REPLACE MACRO connscribe_parquet(path) AS TABLE
    SELECT
        *,
        CASE WHEN connscribe_event = 'summary' AND event_end = timestamp THEN timestamp - INTERVAL 1 MICROSECOND ELSE timestamp END AS moment,
        CASE WHEN length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END)) > 1 AND right((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END), 1) = '.' THEN translate(left((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END), length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END)) - 1), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') ELSE translate((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN source_domain WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN coalesce(destination_domain, host_name) ELSE coalesce(source_domain, host_name) END), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') END AS from_name,
        CASE WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN destination_ip ELSE source_ip END AS from_ip,
        CASE WHEN length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END)) > 1 AND right((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END), 1) = '.' THEN translate(left((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END), length((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END)) - 1), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') ELSE translate((CASE WHEN coalesce(connscribe_initiator = 'remote', connscribe_direction = 'ingress') THEN coalesce(destination_domain, host_name) WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_domain END), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') END AS to_name,
        CASE WHEN connscribe_initiator IS NULL AND connscribe_direction <> 'ingress' AND connscribe_event <> 'summary' AND source_ip IS NULL AND source_port IS NULL AND source_domain IS NULL AND source_bytes IS NULL AND source_packets IS NULL AND (connscribe_direction = 'unknown' OR event_action IN ('connection_accepted', 'port_closed', 'port_listening')) THEN NULL ELSE destination_ip END AS to_ip,
        coalesce(from_name, from_ip, '') AS from_host,
        coalesce(to_name, to_ip, '') AS to_host,
        CASE WHEN connscribe_event = 'summary' THEN coalesce(connscribe_count, 1) WHEN connscribe_event = 'open' THEN 1 WHEN connscribe_event <> 'close' THEN 0 WHEN connscribe_collector IN ('zeek', 'zeek-json') THEN 1 WHEN event_start IS NULL AND connscribe_preexisting IS NULL AND connscribe_collector <> 'conntrack' THEN 1 ELSE 0 END AS connection_count
    FROM (
        SELECT DISTINCT ON (day, host, event_id) *
        FROM (
        SELECT * REPLACE (
            make_timestamp(epoch_us(timestamp)) AS timestamp,
            make_timestamp(epoch_us(event_start)) AS event_start,
            make_timestamp(epoch_us(event_end)) AS event_end,
            make_timestamp(epoch_us(process_start)) AS process_start,
            make_timestamp(epoch_us(process_parent_start)) AS process_parent_start,
            make_timestamp(epoch_us(connscribe_first)) AS connscribe_first,
            make_timestamp(epoch_us(connscribe_last)) AS connscribe_last
        )
        FROM read_parquet(path, union_by_name = true, hive_partitioning = true, hive_types = {'day': 'DATE', 'host': 'VARCHAR'})
        )
    );
