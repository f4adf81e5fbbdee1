import { estimate } from './model.ts';
import { capacityTables } from './tables.ts';

const HELP = `npm run capacity

Prints the tables of docs/reference/capacity.md: how many callbacks per second each quota, table and index allows.`;

const isHelp = process.argv.slice(2).some((parameter) => parameter === '--help' || parameter === '-h');
console.log(isHelp ? HELP : capacityTables(estimate()).join('\n\n'));
