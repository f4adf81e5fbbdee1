import type { Rule } from '../case.ts';

const QUICKSTART = 'docs/process/quickstart.md';
const GUIDE = 'docs/process/guide.md';

/** The sections that the cases are about. A test compares them with the pages. */
export const RULES = {
  requests: { heading: 'Requests', page: `${QUICKSTART}#requests` },
  answers: { heading: 'Answers', page: `${QUICKSTART}#answers` },
  payload: { heading: "The processor's guide", page: `${GUIDE}#the-processors-guide` },
  again: { heading: 'Send it again', page: `${GUIDE}#send-it-again` },
  dpop: { heading: 'DPoP', page: `${GUIDE}#dpop` },
  upload: { heading: 'A result above 1 MB', page: `${GUIDE}#a-result-above-1-mb` },
} as const satisfies Readonly<Record<string, Rule>>;
