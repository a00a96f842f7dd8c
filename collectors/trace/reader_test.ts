import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { TraceEvent } from "./event.ts";
import { TraceReader } from "./reader.ts";
import { eventAt, FakeRing, FakeTracefs, HEADER_PAGE, statsText } from "./tracefs_test_tools.ts";
import { parsePageLayout } from "./format.ts";

const MARGIN = 10;

/** Rings with a clock that the test moves, and a reader of them. */
class Host {
  now = 1000;
  readonly all: TraceEvent[] = [];
  readonly rings: FakeRing[];
  readonly reader: TraceReader;
  readonly out: TraceEvent[] = [];
  /** Happens while a page is read. */
  onPage: () => void = () => {};

  constructor(cpus: number, pageSize: number, pages: number) {
    this.rings = Array.from(
      { length: cpus },
      () => new FakeRing(this.all, () => this.now, pageSize, () => this.onPage()),
    );
    this.reader = new TraceReader(FakeRing.decoder(this.all), { pages, margin: MARGIN });
    for (const ring of this.rings) this.reader.add(ring);
  }

  write(cpu: number, boot = this.now): void {
    this.rings[cpu]?.write(eventAt(boot, cpu));
  }

  drain(): number[] {
    const events = this.reader.drain();
    this.out.push(...events);
    return events.map(({ boot }) => boot);
  }

  finish(): number[] {
    for (const events of this.reader.finish()) this.out.push(...events);
    return this.out.map(({ boot }) => boot);
  }
}

Deno.test("TraceReader keeps what another CPU may still precede", () => {
  const host = new Host(2, 4, 100);
  host.write(0, 990);
  host.write(0, 995);
  host.write(1, 980);
  assertEquals(host.drain(), [980, 990]);
  // CPU 1 was seen to be empty up to 990; this event is before one of CPU 0 that was read already.
  host.write(1, 993);
  host.now = 1010;
  assertEquals(host.drain(), [993, 995]);
  assertEquals(host.drain(), []);
  assertEquals(host.reader.late, 0);
});

Deno.test("TraceReader gives out nothing past the last event of a CPU that it has not read to its end", () => {
  const host = new Host(2, 2, 3);
  for (let boot = 900; boot < 910; boot++) host.write(0, boot);
  for (let boot = 900; boot < 960; boot += 10) host.write(1, boot);
  assertEquals(host.drain(), [900, 900, 901, 902, 903]);
  assert(host.reader.behind);
  for (let calls = 0; host.reader.behind; calls++) {
    assert(calls < 10);
    host.drain();
  }
  const boots = host.out.map(({ boot }) => boot);
  assertEquals(boots, boots.toSorted((a, b) => a - b));
  assertEquals(boots.length, 16);
});

Deno.test("TraceReader does not follow a flood that goes on while it reads", () => {
  const host = new Host(2, 1, 1_000_000);
  let made = 0;
  host.onPage = () => {
    if (++made < 10_000) host.write(0, host.now += 1);
  };
  host.write(0);
  host.write(1);
  host.now += MARGIN + 5;
  host.drain();
  assert(made < 100, `${made} events`);
  assert(!host.reader.behind);
});

Deno.test("TraceReader counts events that come later than the margin allows, and loses none", () => {
  const host = new Host(2, 4, 100);
  host.write(0, 900);
  assertEquals(host.drain(), [900]);
  host.write(1, 800);
  host.now++;
  assertEquals(host.drain(), [800]);
  assertEquals(host.reader.late, 1);
});

Deno.test("TraceReader keeps the order of a ring whose clock goes back", () => {
  const host = new Host(2, 9, 100);
  for (const boot of [900, 899, 901]) host.write(0, boot);
  host.write(1, 900.5);
  assertEquals(host.drain(), [900, 899, 900.5, 901]);
});

Deno.test("TraceReader gives out all that is left at the end", () => {
  const host = new Host(3, 2, 4);
  for (let at = 0; at < 100; at++) host.write(at % 3, host.now += 1);
  const boots = host.finish();
  assertEquals(boots, Array.from({ length: 100 }, (_, at) => 1001 + at));
  host.reader[Symbol.dispose]();
  assert(host.rings.every(({ disposed }) => disposed));
});

Deno.test("TraceReader reads a ring now and then though the kernel says that it is empty", () => {
  const host = new Host(1, 4, 100);
  const [ring] = host.rings;
  assert(ring);
  ring.stats = () => ({ entries: 0, now: host.now, lost: 0 });
  host.drain();
  host.write(0, 900);
  for (let calls = 0; host.out.length === 0; calls++) {
    assert(calls < 1000);
    host.drain();
  }
});

const STEP = fc.oneof(
  { weight: 4, arbitrary: fc.record({ cpu: fc.nat(3), ticks: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.constant("drain" as const) },
);

Deno.test("TraceReader makes one sorted sequence of all events, whenever they happen and are read", () => {
  fc.assert(
    fc.property(
      fc.array(STEP, { maxLength: 200 }),
      fc.array(fc.record({ cpu: fc.nat(3), ticks: fc.nat(7) }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.nat(MARGIN - 1), { minLength: 7, maxLength: 7 }),
      (steps, during, pageSize, pages, delays) => {
        const host = new Host(4, pageSize, pages);
        const pending: { cpu: number; boot: number; visible: number }[] = [];
        let made = 0;
        /** Events have their time, and can be read a little later, on one CPU in order. */
        const show = (until: number) => {
          for (let cpu = 0; cpu < 4; cpu++) {
            for (;;) {
              const index = pending.findIndex((event) => event.cpu === cpu);
              const event = pending[index];
              if (event === undefined || event.visible > until) break;
              pending.splice(index, 1);
              host.write(cpu, event.boot);
            }
          }
        };
        const happen = ({ cpu, ticks }: { cpu: number; ticks: number }) => {
          host.now += ticks;
          const visible = host.now + (delays[made++ % delays.length] ?? 0);
          pending.push({ cpu, boot: host.now, visible });
          show(host.now);
        };
        let next = 0;
        host.onPage = () => {
          const event = during[next++];
          if (event !== undefined) happen(event);
        };
        for (const step of steps) step === "drain" ? host.drain() : happen(step);
        host.onPage = () => {};
        show(Infinity);
        const boots = host.finish();
        assertEquals(boots.length, made);
        assertEquals(boots, boots.toSorted((a, b) => a - b));
        assertEquals(host.reader.late, 0);
        assertEquals(new Set(host.out).size, made);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("TraceReader opens CPUs that are switched on, later ones too, and closes all", async () => {
  const kernel = new FakeTracefs("/t", [0, 1, 2, 10]);
  kernel.makeDir("/t/instances/i");
  kernel.files.set("/sys/devices/system/cpu/online", "0-1,9\n");
  const layout = parsePageLayout(HEADER_PAGE);
  assert(layout);
  const instance = { path: "/t/instances/i", layout, pageSize: 4096 };
  const decoder = { decode: () => {} };
  const reader = await TraceReader.open({ system: kernel, instance }, decoder);
  assertEquals(kernel.open, 4);
  kernel.files.set("/sys/devices/system/cpu/online", "0-10\n");
  await reader.lookForCpus();
  assertEquals(kernel.open, 8);
  kernel.files.set(
    "/t/instances/i/per_cpu/cpu0/stats",
    statsText({ entries: 0, now: 5e6, lost: 3 }),
  );
  assertEquals(reader.now(), 5e6);
  reader[Symbol.dispose]();
  assertEquals(kernel.open, 0);
});

Deno.test("TraceReader goes on without a CPU that cannot be opened, and tries it again", async () => {
  const kernel = new FakeTracefs("/t", [0, 1, 2]);
  kernel.makeDir("/t/instances/i");
  const layout = parsePageLayout(HEADER_PAGE);
  assert(layout);
  const source = { system: kernel, instance: { path: "/t/instances/i", layout, pageSize: 4096 } };
  kernel.errors.set("cpu2/trace_pipe_raw", new Error("it has gone"));
  using reader = await TraceReader.open(source, { decode: () => {} });
  assertEquals([kernel.open, [...reader.unreadable.keys()]], [4, [2]]);
  kernel.errors.clear();
  await reader.lookForCpus();
  assertEquals([kernel.open, reader.unreadable.size], [6, 0]);
});

Deno.test("TraceReader fails where no CPU can be opened", async () => {
  const kernel = new FakeTracefs("/t", [0, 1]);
  kernel.makeDir("/t/instances/i");
  const layout = parsePageLayout(HEADER_PAGE);
  assert(layout);
  const source = { system: kernel, instance: { path: "/t/instances/i", layout, pageSize: 4096 } };
  kernel.errors.set("trace_pipe_raw", new Error("busy"));
  await assertRejects(() => TraceReader.open(source, { decode: () => {} }), Error, "busy");
  assertEquals(kernel.open, 0);
});
