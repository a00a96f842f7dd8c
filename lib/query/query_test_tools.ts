/** Questions and records for the tests of `query`. */
import type { Connection, RecordedEndpoint } from "../connection.ts";
import type { Question } from "./question.ts";

/** 2019-08-12T22:00:04.351Z */
export const TIME = 1_565_647_204_351_000;

/** A question that asks for everything, but for what is given. */
export function question(asked: Partial<Question> = {}): Question {
  return { to: [], from: [], host: [], filters: {}, ...asked };
}

/** A record from one end to another. */
export function connection(
  from: RecordedEndpoint,
  to: RecordedEndpoint,
  rest: Partial<Connection> = {},
): Connection {
  return {
    id: "c-1",
    event: "open",
    time: TIME,
    direction: "unknown",
    initiator: "local",
    outcome: "unknown",
    local: from,
    remote: to,
    attribution: "none",
    collector: "connspy",
    ...rest,
  };
}
