/**
 * Which windows a run has to give out. Windows are half open, aligned to the epoch, and follow each other;
 * so it depends only on what is done and what time it is, never on when the runs take place.
 */

/** From `start` up to, but not including, `end`; microseconds since the epoch, UTC. */
export interface TimeSpan {
  readonly start: number;
  readonly end: number;
}

/** What decides. */
export interface WindowSchedule {
  /** End of the last window that is done, microseconds since the epoch; undefined before the first run. */
  readonly done: number | undefined;
  /** What time it is, microseconds since the epoch. */
  readonly now: number;
  /** Length of a window, microseconds. */
  readonly windowUs: number;
  /** How long after its end records of a window may still come, microseconds. */
  readonly settleUs: number;
  /** Windows that one run gives out, at most. */
  readonly maxCatchup: number;
}

/** What a run has to give out: the gap first. */
export interface ClosedWindows {
  /** All that is to be given out, one window behind the other; absent where nothing is. */
  readonly span?: TimeSpan;
  /** What is left out because there are too many windows: whole windows, before the others. */
  readonly gap?: TimeSpan;
  /** How far what is done lies ahead of the clock, microseconds: the clock is, or was, wrong. */
  readonly aheadUs?: number;
}

/**
 * The windows that are closed and not done: the latest ones, up to the limit, and the rest as one gap. On
 * the first run, the last closed window alone. A clock that was set back gives none: what is done is never
 * given out again.
 *
 * @throws {RangeError} If `done` is not the end of a window.
 */
export function closedWindows(schedule: WindowSchedule): ClosedWindows {
  const { done, now, windowUs, settleUs, maxCatchup } = schedule;
  if (done !== undefined && done % windowUs !== 0) {
    throw new RangeError(`${done} is not the end of a window of ${windowUs}`);
  }
  const end = Math.floor((now - settleUs) / windowUs) * windowUs;
  const begin = done ?? Math.max(end - windowUs, 0);
  const start = Math.max(begin, end - maxCatchup * windowUs);
  return {
    ...(start < end && { span: { start, end } }),
    ...(begin < end && start > begin && { gap: { start: begin, end: start } }),
    ...(done !== undefined && done > now && { aheadUs: done - now }),
  };
}
