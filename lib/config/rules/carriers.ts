import { CARRIERS } from '../../../lambda/contract/carriers.ts';
import { gradeOf } from '../../../lambda/contract/proofs.ts';
import { forEachProcessor } from './rule.ts';

/** Each carrier must go with the proof, and both together must have the grade that the environment requires. */
export const carriersHaveGrade = forEachProcessor(({ carriers = [], proof }, at, { minimumGrade }, errors) => {
  const kind = proof?.kind;
  if (kind === undefined) return;
  for (const carrier of carriers) {
    const grade = gradeOf(carrier, kind);
    if (grade === null) {
      errors.expect(
        false,
        `${at}.carriers`,
        carrier,
        `one of ${CARRIERS.filter((one) => gradeOf(one, kind) !== null).join(', ')}, because the proof is ${kind}`,
        'Remove the carrier from the list: a processor that sends this proof can send a header.',
      );
    } else if (minimumGrade !== undefined) {
      errors.expect(
        // Grades are letters, and A is the strongest.
        grade <= minimumGrade,
        `${at}.carriers`,
        carrier,
        `grade ${minimumGrade} or better (\`minimumGrade\`), and carrier ${carrier} with proof ${kind} has grade ${grade}`,
        'Use a stronger carrier or proof, or lower `minimumGrade` where the risk is accepted.',
      );
    }
  }
});
