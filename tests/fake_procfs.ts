/** Makes a directory that looks like a proc file system, as far as connscribe reads one. */

/** One process. What is not given is what a plain daemon of root has. */
export interface FakeProcess {
  readonly pid: number;
  readonly ppid?: number;
  /** At most 15 bytes, as the kernel keeps it. */
  readonly comm: string;
  readonly argv?: readonly string[];
  readonly exe?: string;
  readonly uid?: number;
  readonly cgroup?: string;
  /** Clock ticks since the boot. */
  readonly startTicks?: number;
  /** Where its arguments are in memory. */
  readonly argStart?: number;
  /** Inode number of its network namespace. */
  readonly netns?: number;
  /** Inodes of its open sockets. */
  readonly sockets?: readonly number[];
}

/** One row of a socket table other than those of SCTP. */
export interface FakeSocket {
  readonly local: readonly [ip: string, port: number];
  readonly remote?: readonly [ip: string, port: number];
  /** As in include/net/tcp_states.h. */
  readonly state: number;
  readonly uid?: number;
  readonly inode: number;
}

/** Tables of a network namespace by file name: rows, or the text of the file. */
export type FakeTables = Readonly<Record<string, readonly FakeSocket[] | string>>;

/** Inode number of the first network namespace. */
export const FIRST_NETNS = 4026531840;

/** Seconds since the epoch when the fake host was started. */
export const BOOT_TIME = 1_700_000_000;

const HEADER =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

function hex(number: number, digits: number): string {
  return number.toString(16).toUpperCase().padStart(digits, "0");
}

/** The 16 or 4 bytes of an address. */
function addressBytes(ip: string): number[] {
  const ipv4 = (text: string) => text.split(".").map(Number);
  if (!ip.includes(":")) return ipv4(ip);
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(ip);
  if (embedded) {
    const [a = 0, b = 0, c = 0, d = 0] = ipv4(embedded[2] ?? "");
    return addressBytes(`${embedded[1]}${hex(a * 256 + b, 4)}:${hex(c * 256 + d, 4)}`);
  }
  const [before = "", after = ""] = ip.split("::");
  const groups = (text: string) => text === "" ? [] : text.split(":").map((g) => parseInt(g, 16));
  const head = groups(before);
  const tail = groups(after);
  const zeros = ip.includes("::") ? new Array<number>(8 - head.length - tail.length).fill(0) : [];
  return [...head, ...zeros, ...tail].flatMap((group) => [group >> 8, group & 255]);
}

/** As a little-endian kernel prints an address: each word of 32 bits backwards. */
export function kernelAddress(ip: string): string {
  const bytes = addressBytes(ip);
  let text = "";
  for (let word = 0; word < bytes.length; word += 4) {
    for (let i = 3; i >= 0; i--) text += hex(bytes[word + i] ?? 0, 2);
  }
  return text;
}

/** The text of a socket table. */
export function socketTable(sockets: readonly FakeSocket[]): string {
  const rows = sockets.map(({ local, remote, state, uid = 0, inode }, slot) => {
    const none: readonly [string, number] = [local[0].includes(":") ? "::" : "0.0.0.0", 0];
    const [from, to] = [local, remote ?? none].map(([ip, port]) =>
      `${kernelAddress(ip)}:${hex(port, 4)}`
    );
    const tail = inode === 0 ? "0 3 0000000000000000" : `${inode} 1 0000000000000000 20 4 30 10 -1`;
    return `${String(slot).padStart(4)}: ${from} ${to} ${hex(state, 2)} 00000000:00000000 ` +
      `00:00000000 00000000 ${String(uid).padStart(5)}        0 ${tail}`;
  });
  return [HEADER, ...rows, ""].join("\n");
}

/** Writes a file at once: nobody sees it half written. */
function write(path: string, content: string | Uint8Array): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  const whole = `${path}.new`;
  if (typeof content === "string") Deno.writeTextFileSync(whole, content);
  else Deno.writeFileSync(whole, content);
  Deno.renameSync(whole, path);
}

function link(target: string, path: string): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.symlinkSync(target, path);
}

/** A fake proc file system. Files may be written over afterwards. */
export class FakeProcfs {
  /** @param root An empty directory. */
  constructor(readonly root: string) {
    this.write("stat", `cpu  1 2 3 4\nbtime ${BOOT_TIME}\nprocesses 1\n`);
    this.write("sys/kernel/random/boot_id", "11111111-2222-3333-4444-555555555555\n");
  }

  /** Writes one file. */
  write(path: string, content: string | Uint8Array): void {
    write(`${this.root}/${path}`, content);
  }

  /** Adds a network namespace; its processes come after it. */
  addNamespace(inode: number, tables: FakeTables): void {
    for (const [name, rows] of Object.entries(tables)) {
      const text = typeof rows === "string" ? rows : socketTable(rows);
      this.write(`namespaces/${inode}/${name}`, text);
    }
  }

  /** Adds a process. The first one is also `self`. */
  addProcess(process: FakeProcess): void {
    const { pid, ppid = 1, comm, uid = 0, netns = FIRST_NETNS, startTicks = pid } = process;
    const { cgroup = "/system.slice/test.service", sockets = [], argv = [comm], argStart = 0 } =
      process;
    const base = `${this.root}/${pid}`;
    const zeros = (count: number) => new Array(count).fill("0").join(" ");
    const fields = [ppid, zeros(17), startTicks, zeros(25), argStart, zeros(4)].join(" ");
    write(`${base}/stat`, `${pid} (${comm}) S ${fields}\n`);
    write(`${base}/comm`, `${comm}\n`);
    const ids = new Array(4).fill(uid).join("\t");
    const name = comm.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
    write(
      `${base}/status`,
      `Name:\t${name}\nState:\tS (sleeping)\nTgid:\t${pid}\nPid:\t${pid}\nPPid:\t${ppid}\n` +
        `Uid:\t${ids}\nGid:\t${ids}\nThreads:\t1\n`,
    );
    write(`${base}/cmdline`, argv.map((argument) => `${argument}\0`).join(""));
    write(`${base}/cgroup`, `0::${cgroup}\n`);
    if (argv.length > 0) link(process.exe ?? `/usr/bin/${comm}`, `${base}/exe`);
    link(`net:[${netns}]`, `${base}/ns/net`);
    link(`../namespaces/${netns}`, `${base}/net`);
    link("/dev/null", `${base}/fd/0`);
    for (const [index, inode] of sockets.entries()) {
      link(`socket:[${inode}]`, `${base}/fd/${index + 3}`);
    }
    try {
      Deno.symlinkSync(String(pid), `${this.root}/self`);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}
