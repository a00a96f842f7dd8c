import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeCertificates } from "../../../tests/certificates.ts";
import { TempDir } from "../../../tests/program.ts";
import { missing, testUnless } from "../../../tests/skip.ts";
import type { TlsFiles } from "./protocol.ts";
import { MemoryQueue } from "./queue.ts";
import { Sender } from "./sender.ts";
import { openStream } from "./stream_transport.ts";
import { readCounted } from "./test_rfc5424.ts";

const HOST = "127.0.0.1";

/** A receiver: for each connection one function, the last one for all that follow. */
class Receiver implements AsyncDisposable {
  readonly #listener: Deno.Listener;
  readonly #serving: Promise<void>;
  readonly #handled: Promise<void>[] = [];
  /** What was read of each connection. */
  readonly read: Uint8Array[][] = [];

  constructor(
    listener: Deno.Listener,
    handlers: readonly ((conn: Deno.Conn, read: (bytes: Uint8Array) => void) => Promise<void>)[],
  ) {
    this.#listener = listener;
    this.#serving = (async () => {
      for (let i = 0;; i++) {
        const conn = await listener.accept().catch(() => undefined);
        if (conn === undefined) {
          if (this.#isClosed) return;
          continue;
        }
        const handler = handlers[Math.min(i, handlers.length - 1)];
        const index = this.read.push([]) - 1;
        const add = (bytes: Uint8Array) => this.read[index]?.push(bytes.slice());
        this.#handled.push(
          (handler?.(conn, add) ?? Promise.resolve()).catch(() => {}).then(() => {
            try {
              conn.close();
            } catch {
              // The handler has closed it.
            }
          }),
        );
      }
    })();
  }

  #isClosed = false;

  get port(): number {
    const { addr } = this.#listener;
    return addr.transport === "tcp" ? addr.port : 0;
  }

  /** The messages of all connections. */
  get messages(): string[] {
    const decoder = new TextDecoder();
    return this.read.flatMap((chunks) =>
      readCounted(joined(chunks))
        .map((frame) => decoder.decode(frame))
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#listener.close();
    await this.#serving;
    await Promise.all(this.#handled);
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Reads so many bytes, or to the end. */
function reads(most = Infinity, pauseMs = 0) {
  return async (conn: Deno.Conn, read: (bytes: Uint8Array) => void) => {
    const buffer = new Uint8Array(4096);
    for (let size = 0; size < most;) {
      const count = await conn.read(buffer);
      if (count === null) return;
      size += count;
      read(buffer.subarray(0, count));
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
}

/** More than it takes to send all, on a busy machine too, milliseconds. */
const LONG = 60_000;

/** Sends so many messages to the receiver, for so long; `inVain` until there is something to say of it. */
async function send(
  { host, port, transport }: { host: string; port: number; transport: "tcp" | "tls" },
  count: number,
  { tls = {}, ms = LONG, size = 20, inVain = false }: {
    tls?: TlsFiles;
    ms?: number;
    size?: number;
    inVain?: boolean;
  } = {},
): Promise<{ taken: number; said: string[]; messages: string[] }> {
  const queue = new MemoryQueue();
  const said: string[] = [];
  let taken = 0;
  const open = () => openStream({ transport, host, port }, tls);
  const sender: Sender = new Sender(queue, open, {
    say: (_, message) => {
      said.push(message);
      if (inVain) sender.end(0);
    },
    taken: ({ records }) => taken += records,
    shortened: () => {},
  }, { name: "test" });
  const messages = Array.from({ length: count }, (_, i) => `${i} `.padEnd(size, "x"));
  const encoder = new TextEncoder();
  for (const text of messages) queue.push({ bytes: encoder.encode(text), isRecord: true });
  if (!inVain) sender.end(ms);
  await sender.run();
  return { taken, said, messages };
}

function listen(): Deno.Listener {
  return Deno.listen({ hostname: HOST, port: 0 });
}

Deno.test("a stream that is cut again and again loses nothing", async () => {
  await using receiver = new Receiver(listen(), [reads(1), reads(70_000), reads(5000), reads()]);
  const { taken, messages } = await send(
    { host: HOST, port: receiver.port, transport: "tcp" },
    2000,
    // More than the kernel holds.
    { size: 4000 },
  );
  assertEquals(taken, 2000);
  assertEquals(receiver.read.length, 4);
  assertEquals(new Set(receiver.messages).size, messages.length);
  assertEquals(receiver.messages.slice(-messages.length), messages);
});

Deno.test("a slow reader gets all, once", async () => {
  await using receiver = new Receiver(listen(), [reads(Infinity, 1)]);
  const { said, messages } = await send(
    { host: HOST, port: receiver.port, transport: "tcp" },
    1000,
    { size: 300 },
  );
  assertEquals(receiver.messages, messages);
  assertEquals(said, []);
});

Deno.test("a receiver that reads nothing does not keep the sender at the end", async () => {
  const { promise: over, resolve: finish } = Promise.withResolvers<void>();
  await using receiver = new Receiver(listen(), [() => over]);
  // More than the kernel holds.
  const { taken } = await send(
    { host: HOST, port: receiver.port, transport: "tcp" },
    20,
    { size: 2 ** 20, ms: 100 },
  );
  assert(taken < 20);
  finish();
});

Deno.test("nobody listens: it is said, with the reason", async () => {
  const listener = listen();
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const { taken, said } = await send(
    { host: HOST, port, transport: "tcp" },
    1,
    { inVain: true },
  );
  assertEquals(taken, 0);
  assertEquals(said, ["test takes nothing: connection refused; messages wait until it does"]);
});

testUnless(
  missing(["/usr/bin/openssl"]),
  "TLS: all arrives at the host that the certificate names, and nothing at any other",
  async () => {
    await using directory = new TempDir();
    const files = await makeCertificates(directory.path);
    const [cert, key] = await Promise.all(
      [files.serverCert, files.serverKey].map((path) => Deno.readTextFile(path)),
    );
    assert(cert !== undefined && key !== undefined);
    const listener = Deno.listenTls({ hostname: HOST, port: 0, cert, key });
    await using receiver = new Receiver(listener, [reads()]);
    const { port } = receiver;
    const tls = { ca: files.ca, cert: files.cert, key: files.key };
    const wrong = await send({ host: HOST, port, transport: "tls" }, 5, { tls, inVain: true });
    assertEquals(wrong.taken, 0);
    assertMatch(
      wrong.said[0] ?? "",
      /not valid for name.*: write the name that its certificate has/,
    );
    const unknown = await send({ host: "localhost", port, transport: "tls" }, 5, { inVain: true });
    assertEquals(unknown.taken, 0);
    assertMatch(
      unknown.said[0] ?? "",
      /UnknownIssuer: name the authority .* with --syslog-ca FILE/,
    );
    assertEquals(receiver.messages, []);
    const right = await send({ host: "localhost", port, transport: "tls" }, 500, { tls });
    assertEquals([right.taken, right.said], [500, []]);
    assertEquals(receiver.messages, right.messages);
  },
);
