import { assemblyAi } from './assembly-ai.ts';
import { deepgram } from './deepgram.ts';
import { fal } from './fal.ts';
import { generic } from './generic.ts';
import { replicate } from './replicate.ts';

/** Entries of processors to which Postern sends work: `processors: { 'replicate-ocr': presets.replicate({ … }) }`. */
export const presets = {
  /** Transcripts by AssemblyAI. */
  assemblyAi,
  /** Transcripts by Deepgram. */
  deepgram,
  /** The queue of fal. */
  fal,
  /** A processor of your own, with `@postern/processor`. */
  generic,
  /** Predictions of Replicate. */
  replicate,
} as const;
