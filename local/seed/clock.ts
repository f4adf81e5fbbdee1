/** A clock that is set. Times are in milliseconds since 1970. */
export interface SeedClock {
  now(): number;
  set(milliseconds: number): void;
}

export const createSeedClock = (): SeedClock => {
  let time = 0;
  return {
    now: () => time,
    set: (milliseconds) => {
      time = milliseconds;
    },
  };
};

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A part of the story. It yields the time of its next step, in milliseconds since 1970, and does that step when it goes on. */
export type Plot = AsyncGenerator<number, void>;

/**
 * Plays all plots in the order of the times of their steps. Steps that are later than `end` are omitted, so that their tasks
 * stay as they are then.
 */
export const play = async (plots: readonly Plot[], clock: SeedClock, end: number): Promise<void> => {
  const waiting = new Map<Plot, number>();
  const goOn = async (plot: Plot): Promise<void> => {
    const { done, value } = await plot.next();
    if (done || value > end) waiting.delete(plot);
    else waiting.set(plot, value);
  };
  for (const plot of plots) await goOn(plot);
  while (waiting.size > 0) {
    const [plot, at] = [...waiting].reduce((first, other) => (other[1] < first[1] ? other : first));
    clock.set(at);
    await goOn(plot);
  }
};
