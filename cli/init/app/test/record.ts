import { writeFileSync } from 'node:fs';
import { dataOf, synthesize } from './synthesize.ts';

// "npm run record-state" writes the ids of State's resources with data, which no later version of the app may lose.
const ids = Object.entries(dataOf(synthesize().state)).toSorted(([a], [b]) => (a < b ? -1 : 1));
const text = JSON.stringify(Object.fromEntries(ids), undefined, 2);
writeFileSync(new URL('state-resources.json', import.meta.url), `${text}\n`);
