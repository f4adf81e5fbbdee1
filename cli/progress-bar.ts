const WIDTH = 20;

/** A bar of 20 characters. @param percent 0 to 100 */
export const progressBar = (percent: number): string => {
  const full = Math.round((percent / 100) * WIDTH);
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}]`;
};
