/** Flows in the order in which they were last heard of: a doubly linked list through the flows. */
import type { Flow } from "./datagram_flow.ts";

/** The flow that has been silent for the longest time comes first. A flow is in one list at most. */
export class FlowList {
  #oldest: Flow | undefined;
  #newest: Flow | undefined;

  /** The flow that has been silent for the longest time. */
  get oldest(): Flow | undefined {
    return this.#oldest;
  }

  /** Appends a flow that is in no list. */
  add(flow: Flow): void {
    flow.older = this.#newest;
    flow.newer = undefined;
    if (this.#newest === undefined) this.#oldest = flow;
    else this.#newest.newer = flow;
    this.#newest = flow;
  }

  /** Takes out a flow of this list. */
  remove(flow: Flow): void {
    if (flow.older === undefined) this.#oldest = flow.newer;
    else flow.older.newer = flow.newer;
    if (flow.newer === undefined) this.#newest = flow.older;
    else flow.newer.older = flow.older;
    flow.older = undefined;
    flow.newer = undefined;
  }

  /** The flow was heard of. */
  touch(flow: Flow): void {
    if (flow === this.#newest) return;
    this.remove(flow);
    this.add(flow);
  }
}
