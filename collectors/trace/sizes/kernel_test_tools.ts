/** A model of how the kernel sends datagrams: its events, and what was truly sent. */
import { BOOT } from "../datagrams_test_tools.ts";
import type { RouteEvent, SendEvent, TraceEvent } from "../event.ts";

/** Peers: unicast, a group, IPv6. */
export const PEERS = ["10.0.0.1", "10.0.0.2", "239.1.2.3", "fd00::1", "fd00::2"] as const;

/** What a thread does. Sockets and peers are numbers that are taken modulo how many there are. */
export type Act =
  | { readonly do: "open"; readonly six: boolean; readonly bound: boolean; readonly port: number }
  | { readonly do: "close"; readonly socket: number }
  | { readonly do: "connect"; readonly socket: number; readonly peer: number }
  | {
    readonly do: "send";
    readonly socket: number;
    readonly peer: number;
    readonly size: number;
    /** MSG_MORE. */
    readonly more: boolean;
    readonly refused: boolean;
  }
  | { readonly do: "ask"; readonly peer: number };

interface Socket {
  readonly address: number;
  readonly six: boolean;
  readonly port: number;
  /** The chosen local address, or "". */
  ip: string;
  peer: string;
  /** To where the datagram goes that is not complete. */
  pending: string;
}

/** Sockets of one process, whose address the kernel gives away again once they are closed. */
export class KernelModel {
  readonly events: TraceEvent[] = [];
  /** Bytes that were truly sent, by process, local port and peer. */
  readonly sent = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #sockets = new Map<number, Socket[]>();
  #boot = 0;
  #addresses = 0;
  #ports = 40_000;

  /** Every thread is a process. */
  act(tid: number, act: Act): void {
    const sockets = this.#sockets.get(tid) ?? [];
    this.#sockets.set(tid, sockets);
    if (act.do === "open") {
      const { six, bound } = act;
      const port = 5000 + act.port;
      if (!six && sockets.some((socket) => socket.port === port)) return;
      // On IPv6, ports that are chosen by the kernel only.
      sockets.push({
        address: this.#free.pop() ?? ++this.#addresses * 64,
        six,
        port: six ? ++this.#ports : port,
        ip: bound ? address(six) : "",
        peer: "",
        pending: "",
      });
      return;
    }
    if (act.do === "ask") return this.#ask(tid, peerOf(act.peer, false));
    const socket = sockets[act.socket % Math.max(sockets.length, 1)];
    if (socket === undefined) return;
    const peer = "peer" in act ? peerOf(act.peer, socket.six) : "";
    if (act.do === "close") {
      sockets.splice(sockets.indexOf(socket), 1);
      this.#free.push(socket.address);
    } else if (act.do === "connect") {
      // The one thing that is not modelled, as nobody does it: between the pieces of a datagram.
      if (socket.pending === "") this.#connect(tid, socket, peer);
    } else {
      this.#send(tid, socket, act.refused ? { ...act, size: -90 } : act, peer);
    }
  }

  #connect(tid: number, socket: Socket, peer: string): void {
    this.#look(tid, socket, peer);
    const chosen = socket.ip === "";
    socket.ip = address(socket.six);
    if (chosen && !socket.six && !isGroup(peer)) this.#look(tid, socket, peer);
    socket.peer = peer;
  }

  #send(
    tid: number,
    socket: Socket,
    { size, more }: { readonly size: number; readonly more: boolean },
    peer: string,
  ): void {
    // Odd sizes of a connected socket go to its peer, others to one that is named.
    const to = socket.pending || (size % 2 !== 0 ? socket.peer : "") || peer;
    if (size < 0) {
      // A refused piece takes the others with it.
      if (socket.pending !== "") this.sent.set(this.#key(tid, socket, socket.pending), NaN);
      socket.pending = "";
    } else {
      if (socket.pending === "" && to !== socket.peer) this.#look(tid, socket, to);
      const key = this.#key(tid, socket, to);
      this.sent.set(key, (this.sent.get(key) ?? 0) + size);
      socket.pending = more ? to : "";
    }
    this.#told(tid, socket.address, socket.six ? 10 : 2, 17, size);
  }

  /** `ip route get PEER ipproto udp`. */
  #ask(tid: number, peer: string): void {
    this.#look(tid, { six: false, ip: "", port: 7 }, peer);
    this.#told(tid, 1, 16, 0, 60);
  }

  #key(tid: number, { port }: Socket, peer: string): string {
    return `${tid} ${port} ${peer}`;
  }

  #head(tid: number) {
    const boot = this.#boot += 10;
    return { time: BOOT + boot, boot, tid, interrupted: false };
  }

  #look(tid: number, { six, ip, port }: Pick<Socket, "six" | "ip" | "port">, peer: string): void {
    const event: RouteEvent = {
      ...this.#head(tid),
      type: "route",
      protocol: 17,
      table: 254,
      error: 0,
      ipVersion: six ? 6 : 4,
      local: { ip: ip || (six ? "::" : "0.0.0.0"), port },
      remote: { ip: peer, port: 53 },
    };
    this.events.push(event);
  }

  #told(tid: number, socket: number, family: number, protocol: number, result: number): void {
    const event: SendEvent = {
      ...this.#head(tid),
      type: "send",
      socket,
      family,
      protocol,
      result,
    };
    this.events.push(event);
  }
}

function address(six: boolean): string {
  return six ? "fd00::9" : "10.0.0.9";
}

function isGroup(ip: string): boolean {
  return ip.startsWith("239");
}

function peerOf(number: number, six: boolean): string {
  const peers = PEERS.filter((ip) => ip.includes(":") === six);
  return peers[number % peers.length] ?? "";
}
