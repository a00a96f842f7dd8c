/** The worker that sends syslog messages. */
import { workerScope } from "../../worker/serve.ts";
import type { FromSender, ToSender } from "./protocol.ts";
import { serveSyslog } from "./serve.ts";

serveSyslog(workerScope<ToSender, FromSender>());
