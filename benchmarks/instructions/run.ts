import { helpWhereAsked } from '../../local/help.ts';
import { judgeCounts } from './budgets.ts';
import { countInstructions, obstacle } from './count.ts';

const main = async (): Promise<void> => {
  helpWhereAsked(`npm run instructions

Counts the instructions of a cold start, a callback and a refusal with valgrind, and fails above the budget of each.`);
  const why = obstacle();
  if (why !== undefined) {
    console.log(`NOT COUNTED. ${why}`);
    return;
  }
  const counts = await countInstructions();
  for (const [name, count] of Object.entries(counts))
    console.log(`${name}: ${Math.round(count)} thousand instructions`);
  const wrong = judgeCounts(counts);
  for (const line of wrong) console.error(line);
  if (wrong.length > 0) process.exitCode = 1;
};

await main();
