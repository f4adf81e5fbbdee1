import type { DispatchSettings, ProcessorSettings } from '../settings.ts';

/** The part of a processor's entry that a preset fills. Add settings of your own beside it, or in the place of its values. */
export interface ProcessorPreset extends Required<Pick<ProcessorSettings, 'contentTypes' | 'dispatch'>> {
  /** The place where the processor can put the token. */
  readonly carriers: readonly ['header' | 'short'];
  /** The request that gives it the work. */
  readonly dispatch: Required<Pick<DispatchSettings, 'url' | 'headers' | 'body' | 'accept' | 'remoteId'>> &
    Pick<DispatchSettings, 'query' | 'sign'>;
}
