import { helpWhereAsked } from '../../local/help.ts';
import { judgeCounts } from './budgets.ts';
import { countInstructions, findObstacle } from './count.ts';

const main = async (): Promise<void> => {
  helpWhereAsked(`npm run instructions

Counts the instructions of cold starts, a callback, a refusal and a task opened with valgrind, and fails if one exceeds its budget.`);
  const obstacle = findObstacle();
  if (obstacle !== undefined) {
    console.log(`NOT COUNTED. ${obstacle}`);
    return;
  }
  const counts = await countInstructions();
  for (const [name, count] of Object.entries(counts)) {
    console.log(`${name}: ${Math.round(count)} thousand instructions`);
  }
  const problems = judgeCounts(counts);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
};

await main();
