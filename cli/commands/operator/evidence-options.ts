import { PAGE_OPTIONS } from '../../list-options.ts';

/** Options of the lists of quarantine and replays. */
export const EVIDENCE_OPTIONS = {
  order: { doc: 'which come first', value: 'ORDER', choices: ['newest', 'oldest'], default: 'newest' },
  ...PAGE_OPTIONS,
} as const;

export const readOrder = (text: string): 'newest' | 'oldest' => (text === 'oldest' ? 'oldest' : 'newest');
