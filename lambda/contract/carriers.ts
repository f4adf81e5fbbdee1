/** Where a callback has its token. `header` is accepted for every processor. */
export const CARRIERS = ['header', 'short', 'path'] as const;
export type Carrier = (typeof CARRIERS)[number];
