import { OUTCOMES } from '../../lambda/contract/outcomes.ts';
import type { Check } from './explain-token.ts';

/** One line a step, with the public text of a refusal. */
export const showChecks = (checks: readonly Check[]): string => {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .map(({ code, name, state, step }) => {
      const refusal = code === undefined ? '' : `  ${code}: ${OUTCOMES[code].title}`;
      return `${String(step).padStart(2)}  ${name.padEnd(width)}  ${state}${refusal}`;
    })
    .join('\n');
};
