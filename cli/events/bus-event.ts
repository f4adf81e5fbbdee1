/** An event of the environment's bus, as the target of a rule gets it. */
export interface BusEvent {
  readonly 'detail-type': string;
  /** RFC 3339. */
  readonly time: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Reads an event. @returns nothing for another text */
export const readEvent = (text: string): BusEvent | undefined => {
  try {
    const event = JSON.parse(text) as Partial<BusEvent> | null;
    const isEvent =
      typeof event?.['detail-type'] === 'string' && typeof event.detail === 'object' && event.detail !== null;
    return isEvent ? (event as BusEvent) : undefined;
  } catch {
    return undefined;
  }
};
