import { assert, assertEquals } from "@std/assert";
import { FakePrograms } from "../../conntrack/child_test_tools.ts";
import { ByteCounts } from "./byte_counts.ts";
import type { SsTotals } from "./ss_line.ts";

/** Programs that run the last one of their arguments that is a path. */
const RUN_NEXT = `[ "$#" -eq 1 ] && exit
echo "$0 $@" >> \${0%/*}/calls
while :; do case "$1" in /*) exec "$@";; esac; shift; done`;

/** Prints one line, with its process id for a count of bytes. */
const SS = `[ "$1" = -V ] && exit
echo "UNCONN 0 0 10.0.0.1:1 10.0.0.2:80 ino:0 cwnd:10 bytes_received:$$ segs_in:1"
exec sleep 1000`;

/** Looks for namespaces at most: far more than any test takes on a busy machine. */
const MOST_LOOKS = 500;

/** Everything that is not there. */
class FakeHost {
  readonly fakes = new FakePrograms();
  readonly lines: SsTotals[] = [];
  /** By process id. */
  readonly netns = new Map<number, number>();
  readonly stop = new AbortController();
  onLine: () => void = () => {};
  /** Asked at each look; it ends the run where it is so. */
  isEnough: () => boolean = () => false;
  looks = 0;
  root = "/proc";
  readonly #placed = new Set<number>();

  counts(
    programs: Partial<Record<"ss" | "stdbuf" | "nsenter", readonly string[]>> = {},
  ): ByteCounts {
    const { fakes } = this;
    return new ByteCounts({
      system: {
        ...fakes.system,
        sleep: (ms, signal) => {
          if (ms !== 3000) return fakes.system.sleep(ms, signal);
          if (this.isEnough() || ++this.looks > MOST_LOOKS) this.stop.abort();
          return fakes.system.sleep(40, signal);
        },
      },
      procfs: {
        root: this.root,
        pids: () => [...this.netns.keys()],
        netns: (pid) => pid === "self" ? 1 : this.netns.get(pid) ?? "gone",
        cmdline: () => "gone",
      },
      onLine: (totals) => {
        this.lines.push(totals);
        this.onLine();
      },
      report: (_level, message) => fakes.reports.push(message),
      programs: {
        ss: [fakes.script(SS, "ss")],
        stdbuf: [fakes.script(RUN_NEXT, "stdbuf")],
        setpriv: [fakes.script(RUN_NEXT, "setpriv")],
        nsenter: [fakes.script(RUN_NEXT, "nsenter")],
        ...programs,
      },
    });
  }

  /** Says in which namespace the children are, in the order of their starts. */
  place(inodes: readonly number[]): void {
    this.fakes.children.forEach(({ pid, status }, i) => {
      if (this.#placed.has(pid)) return;
      this.#placed.add(pid);
      this.netns.set(pid, inodes[i] ?? 9);
      status.then(() => this.netns.delete(pid));
    });
  }

  /** Whether the child that was started as the so many has printed its line. */
  hasSpoken(index: number): boolean {
    const pid = this.fakes.children[index]?.pid;
    return this.lines.some(({ bytesReceived }) => bytesReceived === pid);
  }

  /** Runs until it is enough. */
  async run(counts: ByteCounts): Promise<void> {
    await counts.run(this.stop.signal);
    assert(this.looks <= MOST_LOOKS, `not enough after ${this.looks} looks`);
  }

  calls(): string[] {
    const text = this.fakes.written("calls").replaceAll(`${this.fakes.path}/`, "");
    return text.trimEnd().split("\n").sort();
  }
}

Deno.test("ByteCounts follows each namespace that has processes", async function () {
  const host = new FakeHost();
  await using _ = host.fakes;
  host.netns.set(10, 1).set(11, 2).set(12, 2).set(13, 3);
  const counts = host.counts();
  host.onLine = () => {
    if (host.lines.length < 3) return;
    assertEquals(counts.namespaces, 3);
    host.stop.abort();
  };
  await counts.run(host.stop.signal);
  assertEquals(
    host.calls(),
    [
      "nsenter --net=/proc/11/ns/net -- /stdbuf -oL /ss -EHtneioO",
      "nsenter --net=/proc/13/ns/net -- /stdbuf -oL /ss -EHtneioO",
      "setpriv --pdeathsig KILL /nsenter --net=/proc/11/ns/net -- /stdbuf -oL /ss -EHtneioO",
      "setpriv --pdeathsig KILL /nsenter --net=/proc/13/ns/net -- /stdbuf -oL /ss -EHtneioO",
      "setpriv --pdeathsig KILL /stdbuf -oL /ss -EHtneioO",
      "stdbuf -oL /ss -EHtneioO",
      "stdbuf -oL /ss -EHtneioO",
      "stdbuf -oL /ss -EHtneioO",
    ].map((call) => call.replaceAll(/ \/(?=nsenter|stdbuf|ss)/g, " ")),
  );
  assertEquals([host.fakes.reports, counts.gaps, counts.namespaces], [[], 0, 0]);
});

Deno.test("ByteCounts ends the child of a namespace that is gone, and follows one that comes", async function () {
  const host = new FakeHost();
  await using _ = host.fakes;
  host.netns.set(11, 2);
  const counts = host.counts();
  host.onLine = () => {
    if (host.lines.length !== 2) return;
    host.netns.delete(11);
    host.netns.set(14, 4);
  };
  host.isEnough = () => {
    // Its own child is still in the namespace: that does not count.
    host.place([1, 2, 4]);
    return host.hasSpoken(2) && counts.namespaces === 2;
  };
  await host.run(counts);
  assertEquals([host.lines.length, host.fakes.children.length], [3, 3]);
});

Deno.test("ByteCounts ends a child that has entered another namespace", async function () {
  const host = new FakeHost();
  await using _ = host.fakes;
  host.netns.set(11, 2);
  const counts = host.counts();
  host.isEnough = () => {
    // The second one of them went astray; it may have ended before it has said anything.
    host.place([1, 7, 2]);
    const astray = host.fakes.children[1]?.pid ?? NaN;
    return host.hasSpoken(0) && host.hasSpoken(2) && !host.netns.has(astray) &&
      counts.namespaces === 2;
  };
  await host.run(counts);
  assertEquals([host.fakes.children.length, host.fakes.reports, counts.gaps], [3, [], 0]);
});

Deno.test("ByteCounts does not enter namespaces that another proc shows", async function () {
  const host = new FakeHost();
  await using _ = host.fakes;
  host.root = "/host/proc";
  host.netns.set(11, 2);
  const counts = host.counts();
  host.isEnough = () => host.looks >= 2 && host.hasSpoken(0);
  await host.run(counts);
  assertEquals([host.lines.length, host.fakes.children.length], [1, 1]);
});

Deno.test("ByteCounts follows so many namespaces and no more", async function () {
  const host = new FakeHost();
  await using _ = host.fakes;
  for (let i = 2; i < 80; i++) host.netns.set(i, i);
  const counts = host.counts({
    stdbuf: [host.fakes.script(`[ "$#" -eq 1 ] || exec sleep 1000`, "wait")],
  });
  host.isEnough = () => {
    assertEquals(counts.namespaces, 64);
    return host.looks === 1;
  };
  await host.run(counts);
  assertEquals(host.fakes.reports, ["only 64 network namespaces are asked for bytes"]);
});

Deno.test("ByteCounts says once what is missing", async function () {
  for (const name of ["ss", "stdbuf"]) {
    const host = new FakeHost();
    await using _ = host.fakes;
    await host.counts({ [name]: ["/nonexistent/a", "/nonexistent/b"] }).run(host.stop.signal);
    assertEquals(host.fakes.reports, [
      `cannot run ${name}, so TCP connections have no bytes when they close: it is not there`,
    ]);
  }
});

Deno.test("ByteCounts says once that ss is too old", async function () {
  const host = new FakeHost();
  await using _ = host.fakes;
  host.netns.set(11, 2).set(12, 3);
  const counts = host.counts({
    ss: [
      host.fakes.script(
        `[ "$1" = -V ] || { echo "ss: invalid option -- 'E'" >&2; exit 255; }`,
        "old",
      ),
    ],
  });
  host.isEnough = () => host.looks >= 2 && counts.namespaces === 0;
  await host.run(counts);
  assertEquals(host.fakes.reports, [
    "TCP connections have no bytes when they close: ss is too old to follow sockets: " +
    `it says "ss: invalid option -- 'E'"`,
  ]);
  assertEquals([host.fakes.children.length, counts.gaps], [3, 0]);
});
