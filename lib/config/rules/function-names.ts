import { FORMER_NAMES } from '../operation.ts';
import type { Rule } from './rule.ts';

/** A function has one reservation: by its name, or by its former name. */
export const oneNamePerFunction: Rule = ({ reservedConcurrency = {} }, errors) => {
  for (const [former, name] of Object.entries(FORMER_NAMES)) {
    const value = reservedConcurrency[former as keyof typeof FORMER_NAMES];
    errors.expect(
      value === undefined || reservedConcurrency[name] === undefined,
      `reservedConcurrency.${former}`,
      value,
      `one number for the function, which \`reservedConcurrency\` names \`${name}\` too`,
      `Remove \`${former}\`, the former name of \`${name}\`.`,
    );
  }
};
