import { assertEquals } from "@std/assert";
import { eventAction, eventTypes, localIsSource, networkDirection } from "./ecs.ts";
import { eventId } from "./event_id.ts";
import { identityText } from "../mapping/identity.ts";
import { SAMPLES, TIME } from "./test_records.ts";

const open = SAMPLES["open"]!;
const listen = SAMPLES["listen"]!;
const { initiator: _, ...withoutInitiator } = open;

Deno.test("localIsSource follows the initiator, else the direction; a listener is no source", () => {
  assertEquals(localIsSource(open), true);
  assertEquals(localIsSource({ ...open, direction: "local", initiator: "remote" }), false);
  assertEquals(localIsSource({ ...withoutInitiator, direction: "ingress" }), false);
  assertEquals(localIsSource({ ...withoutInitiator, direction: "unknown" }), true);
  assertEquals(localIsSource(listen), false);
});

Deno.test("eventAction uses the words that detection rules match", () => {
  assertEquals(eventAction(open), "connection_attempted");
  assertEquals(eventAction({ ...open, initiator: "remote" }), "connection_accepted");
  assertEquals(eventAction({ ...open, event: "close" }), "disconnect_received");
  assertEquals(eventAction({ ...listen, event: "close" }), "port_closed");
});

Deno.test("eventTypes says allowed or denied only where that is known", () => {
  assertEquals(eventTypes(open), ["connection", "start", "allowed"]);
  assertEquals(eventTypes({ ...open, outcome: "denied" }), ["connection", "start", "denied"]);
  assertEquals(eventTypes({ ...open, outcome: "refused" }), ["connection", "start"]);
  assertEquals(eventTypes(listen), ["info", "start"]);
});

Deno.test("networkDirection is absent where it is not known", () => {
  assertEquals(networkDirection({ ...open, direction: "local" }), "internal");
  assertEquals(networkDirection({ ...open, direction: "unknown" }), undefined);
});

Deno.test("eventId tells the events of a connection apart, also two updates", () => {
  assertEquals(identityText(eventId(open)), "c-1-open");
  assertEquals(identityText(eventId({ ...open, event: "close" })), "c-1-close");
  assertEquals(
    identityText(eventId({ ...open, event: "update" })),
    `c-1-update-${TIME.toString(36)}`,
  );
});
