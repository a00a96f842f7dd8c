/**
 * The kernel's word on how much was sent: `sock:sock_send_length` (since Linux 6.3), once for each message
 * that a process or the kernel gives to a socket, after it was taken or refused. The fields are those of
 * include/trace/events/sock.h. `flags` is passed over: it is 0 for all that is sent.
 */
import { readPointer } from "../decode_sockets.ts";
import type { SendEvent } from "../event.ts";
import type { EventFormat } from "../format.ts";
import type { WantedEvent } from "../instance.ts";
import { Fields, type Made } from "../record_kind.ts";

/** Address families of sockets (include/linux/socket.h). */
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;

/** The protocol whose sizes are told: lookups of others name no ports. */
export const UDP = 17;

const INET = `(family==${AF_INET} || family==${AF_INET6})`;

/** Requests of rtnetlink(7): one may ask for the route of a datagram, and sends none. */
const ROUTE_REQUEST = `(family==${AF_NETLINK} && protocol==0)`;

/** The event, as an instance shall trace it: TCP and Unix sockets cost the test of the filter only. */
export const SEND_EVENT: WantedEvent = {
  system: "sock",
  name: "sock_send_length",
  filters: [`(${INET} && protocol==${UDP}) || ${ROUTE_REQUEST}`],
};

/** Decoder of `sock:sock_send_length`. */
export function makeSend(format: EventFormat, what: string): Made {
  const fields = new Fields(format);
  const pointer = fields.field("sk", "plain", [4, 8]);
  const family = fields.required("family", "plain", 2);
  const protocol = fields.required("protocol", "plain", 2);
  const result = fields.required("ret", "plain", 4);
  return fields.make(what, ({ view, at }, { time, boot, tid, interrupted }, into) => {
    const event: SendEvent = {
      type: "send",
      time,
      boot,
      tid,
      interrupted,
      socket: readPointer(view, at + pointer.offset, pointer.size),
      family: view.getUint16(at + family, true),
      protocol: view.getUint16(at + protocol, true),
      result: view.getInt32(at + result, true),
    };
    into.push(event);
    return true;
  });
}
