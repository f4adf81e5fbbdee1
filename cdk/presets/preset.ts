import type { DispatchSettings } from '../../lambda/contract/dispatch.ts';

/** The part of a processor's entry that a preset fills. Add settings of your own beside it, or in the place of its values. */
export interface ProcessorPreset {
  /** The place where the processor can put the token. */
  readonly carriers: readonly ['header' | 'short'];
  /** Media types of its callbacks. */
  readonly contentTypes: readonly string[];
  /** The request that gives it the work. */
  readonly dispatch: Pick<DispatchSettings, 'url' | 'headers' | 'body' | 'accept'> &
    Partial<Pick<DispatchSettings, 'query' | 'remoteId' | 'sign'>>;
}
