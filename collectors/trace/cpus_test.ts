import { assertEquals } from "@std/assert";
import { onlineCpus, parseCpuList } from "./cpus.ts";
import { FakeTracefs } from "./tracefs_test_tools.ts";

Deno.test("parseCpuList reads ranges and single numbers", () => {
  assertEquals([...parseCpuList("0-3,6,8-9\n")], [0, 1, 2, 3, 6, 8, 9]);
  assertEquals([...parseCpuList("0\n")], [0]);
  assertEquals([...parseCpuList("x,3-1,-5,7")], [7]);
  assertEquals(parseCpuList("0-99999").size, 0x10000);
});

Deno.test("onlineCpus are those of the instance that are switched on, in order", () => {
  const kernel = new FakeTracefs("/t", [10, 2, 1]);
  kernel.makeDir("/t/instances/i");
  const online = (list?: string) => {
    if (list !== undefined) kernel.files.set("/sys/devices/system/cpu/online", list);
    return onlineCpus(kernel, "/t/instances/i");
  };
  assertEquals(online(), [1, 2, 10]);
  assertEquals(online("0-2\n"), [1, 2]);
  assertEquals(online("nothing"), [1, 2, 10]);
});
