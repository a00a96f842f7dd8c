import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type CgroupInfo, parseCgroup } from "./cgroup.ts";

const A = "0123456789abcdef".repeat(4);
const B = "fedcba9876543210".repeat(4);

function parse(text: string): CgroupInfo {
  return parseCgroup(new TextEncoder().encode(text));
}

/** Unit, user unit and container of a path of version 2. */
function told(path: string): (string | undefined)[] {
  const { cgroup, unit, userUnit, containerId } = parse(`0::${path}\n`);
  assertEquals(cgroup, path);
  return [unit, userUnit, containerId];
}

Deno.test("parseCgroup finds the container in the paths of all engines", () => {
  const user = "/user.slice/user-1000.slice/user@1000.service";
  const pods = "/kubepods.slice/kubepods-burstable.slice";
  const pod = "pod3b6f1a2c_5d4e_4f60_8a7b_9c8d7e6f5a4b";
  const uid = "pod3b6f1a2c-5d4e-4f60-8a7b-9c8d7e6f5a4b";
  const kind = `/machine.slice/libpod-${A}.scope/container/kubelet.slice/kubelet-kubepods.slice`;
  const cases: (readonly [path: string, unit?: string])[] = [
    [`/docker/${A}`],
    [`/system.slice/docker-${A}.scope`, `docker-${A}.scope`],
    [`/machine.slice/libpod-${A}.scope`, `libpod-${A}.scope`],
    [`/machine.slice/libpod-${A}.scope/container`, `libpod-${A}.scope`],
    [`${user}/user.slice/libpod-${A}.scope/container`, "user@1000.service"],
    [`${user}/app.slice/libpod-${A}.scope`, "user@1000.service"],
    [
      `${pods}/kubepods-burstable-${pod}.slice/cri-containerd-${A}.scope`,
      `cri-containerd-${A}.scope`,
    ],
    [`${pods}/kubepods-burstable-${pod}.slice/crio-${A}.scope`, `crio-${A}.scope`],
    [`${pods}/kubepods-burstable-${pod}.slice/docker-${A}.scope`, `docker-${A}.scope`],
    [`/kubepods/burstable/${uid}/${A}`],
    [`/kubepods/besteffort/${uid}/${A}`],
    [`/kubepods/${uid}/${A}`],
    [`${kind}/kubelet-kubepods-${pod}.slice/cri-containerd-${A}.scope`, `libpod-${A}.scope`],
    [`/${A}`],
  ];
  for (const [path, unit] of cases) {
    const [found, , containerId] = told(path);
    assertEquals([found, containerId], [unit, A], path);
  }
});

Deno.test("parseCgroup takes the innermost container", () => {
  const inner = `/container/kubelet.slice/kubelet-kubepods.slice/cri-containerd-${B}.scope`;
  assertEquals(told(`/machine.slice/libpod-${A}.scope${inner}`)[2], B);
  assertEquals(told(`/docker/${A}/docker/${B}/init.scope`)[2], B);
});

Deno.test("parseCgroup takes no monitor for its container, nor anything else with another name", () => {
  const others = [`libpod-conmon-${A}.scope`, `crio-conmon-${A}.scope`, `docker-${A}.service`];
  others.push(
    `docker-${A.slice(1)}.scope`,
    `docker-${A}0.scope`,
    `docker-${A.toUpperCase()}.scope`,
  );
  others.push("lxc.payload.web", "machine-web\\x2done.scope", `x${A}`, "moby");
  for (const component of others) assertEquals(told(`/machine.slice/${component}`)[2], undefined);
  assertEquals(told("/default/redis"), [undefined, undefined, undefined]);
});

Deno.test("parseCgroup names units as systemd does", () => {
  const cases: (readonly [path: string, unit?: string, userUnit?: string])[] = [
    ["/"],
    ["/init.scope", "init.scope"],
    ["/system.slice/foobar.service/sdfdsaf", "foobar.service"],
    ["/system.slice/foobar.service/", "foobar.service"],
    ["/system.slice/system-getty.slice/getty@tty5.service", "getty@tty5.service"],
    ["/system.slice/x.slice/_cpu.service", "cpu.service"],
    ["/system.slice/__cpu.service", "_cpu.service"],
    ["/user.slice/user-1000.slice/session-2.scope", "session-2.scope"],
    [
      "/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service",
      "user@1000.service",
      "foo.service",
    ],
    ["/user.slice/user-1000.slice/user@1000.service/init.scope", "user@1000.service", "init.scope"],
    ["/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service"],
    ["/user.slice/user-1000.slice/user@1000.service", "user@1000.service"],
    ["/user.slice/user-1000.slice/user@.service/foo.service"],
    ["/system.slice/foo.service/bar.service", "foo.service"],
    ["/system.slice/dev-disk-by\\x2duuid-1.swap", "dev-disk-by\\x2duuid-1.swap"],
    ["/machine.slice/machine-web\\x2done.scope", "machine-web\\x2done.scope"],
    ["/system.slice"],
    ["/system.slice/getty####@tty6.service/xxx"],
    ["/system.slice/docker.service x"],
    ["/lxc.payload.web/system.slice/ssh.service"],
    ["/../system.slice/ssh.service"],
    [`/system.slice/${"x".repeat(248)}.service`],
    [`/system.slice/${"x".repeat(247)}.service`, "x".repeat(247) + ".service"],
  ];
  for (const [path, unit, userUnit] of cases) {
    assertEquals(told(path), [unit, userUnit, undefined], path);
  }
});

Deno.test("parseCgroup takes colons, blanks and control characters in a path", () => {
  for (
    const path of ["/a:b c/d.service", "/system.slice/a:b.service", "/a\rb/\u2028", "/ (deleted)/x"]
  ) {
    assertEquals(parse(`0::${path}\n`).cgroup, path);
  }
  assertEquals(told("/system.slice/a:b.service")[0], "a:b.service");
});

Deno.test("parseCgroup leaves out what the kernel says of a group that was removed", () => {
  assertEquals(parse("0::/fmt.slice/zz.scope (deleted)\n"), {
    cgroup: "/fmt.slice/zz.scope",
    unit: "zz.scope",
  });
});

Deno.test("parseCgroup reads version 1", () => {
  const v1 = (name: string) =>
    `12:pids:/x\n2:cpu,cpuacct:/y\n1:name=systemd:${name}\n11:net_cls,net_prio:/\n`;
  assertEquals(parse(v1("/system.slice/ssh.service")), {
    cgroup: "/system.slice/ssh.service",
    unit: "ssh.service",
  });
  assertEquals(parse(`10:net_prio:/${A}\n1:name=systemd:/\n`), { cgroup: "/", containerId: A });
  assertEquals(parse(`10:net_prio:/docker/${A}\n`), { containerId: A });
  assertEquals(parse("1:name=elogind:/2\n"), {});
});

Deno.test("parseCgroup reads the better half of a hybrid", () => {
  const hybrid = (v1: string, v2: string) => parse(`4:memory:/z\n1:name=systemd:${v1}\n0::${v2}\n`);
  assertEquals(hybrid("/system.slice/a.service", "/system.slice/b.service").unit, "b.service");
  assertEquals(hybrid("/system.slice/a.service", "/"), {
    cgroup: "/system.slice/a.service",
    unit: "a.service",
  });
  assertEquals(hybrid("/", "/"), { cgroup: "/" });
  assertEquals(hybrid("/x", "/y"), { cgroup: "/y" });
  assertEquals(hybrid(`/docker/${A}`, "/system.slice/containerd.service"), {
    cgroup: "/system.slice/containerd.service",
    unit: "containerd.service",
    containerId: A,
  });
  assertEquals(hybrid(`/docker/${A}`, `/docker/${B}`).containerId, B);
});

Deno.test("parseCgroup passes over malformed lines", () => {
  const lines = [
    "",
    "0",
    "0:",
    "0::",
    "0::x",
    "::",
    "1:name=systemd",
    "0::/system.slice/a.service",
  ];
  assertEquals(parse(lines.join("\n")).unit, "a.service");
});

Deno.test("parseCgroup never throws, and invents no unit and no container", () => {
  const component = fc.constantFrom(
    "",
    "a.slice",
    "b.service",
    "user@1.service",
    A,
    `docker-${B}.scope`,
    "_",
    "@",
    "..",
  );
  const line = fc.tuple(
    fc.constantFrom("0::", "1:name=systemd:", "2:cpu:", ":", "x"),
    fc.array(component),
  )
    .map(([head, path]) => `${head}/${path.join("/")}`);
  fc.assert(
    fc.property(fc.array(fc.oneof(line, fc.string()), { maxLength: 6 }), (lines) => {
      const text = lines.join("\n");
      const info = parse(text);
      for (const value of Object.values(info)) assert(text.includes(value), value);
      if (info.userUnit !== undefined) assertEquals(info.unit, "user@1.service");
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseCgroup(bytes);
    }),
  );
});
