import { judgeCounts } from './budgets.ts';
import { canCount, countInstructions } from './count.ts';

const main = async (): Promise<void> => {
  if (!canCount()) {
    console.log('Instructions cannot be counted here: that takes valgrind, on Linux and x64.');
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
