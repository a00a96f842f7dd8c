import { assert, assertEquals } from "@std/assert";
import { EXIT } from "../../../lib/exit.ts";
import type { FromWorker } from "../../../lib/worker/protocol.ts";
import { ERRNO, LIBC_PATHS } from "../../../lib/libc.ts";
import { MESSAGE } from "./messages.ts";
import { EMPTY, netlinkError } from "./socket.ts";
import type { Outcome } from "./socket_test_worker.ts";

/** What a worker with these permissions, and no others, can do with a socket. */
async function outcomeWith(permissions: Deno.PermissionOptions): Promise<Outcome> {
  const url = new URL("socket_test_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module", deno: { permissions } });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error("the worker says nothing")), 20_000);
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === "report") resolve(JSON.parse(data.message));
      };
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}

const linux = Deno.build.os === "linux";

Deno.test({
  name: "openNetlinkSocket works with the permission for the C library alone",
  ignore: !linux,
  async fn() {
    const outcome = await outcomeWith({ ffi: [...LIBC_PATHS] });
    assert("portid" in outcome, JSON.stringify(outcome));
    const { portid, receiveBuffer, before, after, answer } = outcome;
    assert(portid > 0);
    assertEquals(receiveBuffer, 65536);
    assertEquals([...before, after], [EMPTY, EMPTY, EMPTY]);
    assertEquals(answer.type, MESSAGE.error);
    // Not permitted; or, with CAP_NET_ADMIN, a request that does not say what it asks for.
    const { errno } = answer;
    assert(errno === ERRNO.perm || errno === ERRNO.inval, `${errno}`);
  },
});

Deno.test({
  name: "openNetlinkSocket says which permission is missing",
  ignore: !linux,
  async fn() {
    const expected = {
      code: EXIT.permission,
      message:
        'not permitted to open "libc.so.6", which --netlink needs: allow it with --allow-ffi',
    };
    assertEquals(await outcomeWith("none"), expected);
    assertEquals(await outcomeWith({ ffi: ["/lib/other.so"] }), expected);
  },
});

Deno.test("netlinkError tells missing rights from a missing module", function () {
  assertEquals(netlinkError(ERRNO.acces, "listen").code, EXIT.permission);
  for (const errno of [ERRNO.noent, ERRNO.inval, ERRNO.protonosupport, ERRNO.afnosupport]) {
    const { code, message } = netlinkError(errno, "listen");
    assertEquals(code, EXIT.unavailable);
    assert(message.startsWith("cannot listen: the kernel has no nf_conntrack_netlink"), message);
  }
  const { code, message } = netlinkError(24, "open a netlink socket");
  assertEquals([code, message], [EXIT.unavailable, "cannot open a netlink socket: errno 24"]);
});
