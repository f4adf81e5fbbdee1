const HELP = `npm run screenshots

Writes the pictures of docs/operate/console.md. It starts a gateway with a week of tasks, and needs Chromium.

  --help  prints this`;

/** `npm run screenshots`. Exit code 2 for a mistake on the command line. */
const main = async (parameters: readonly string[]): Promise<number> => {
  if (parameters.length === 0) {
    const { takeScreenshots } = await import('./take-screenshots.ts');
    await takeScreenshots();
    return 0;
  }
  const isHelp = parameters.every((parameter) => parameter === '--help' || parameter === '-h');
  if (isHelp) console.log(HELP);
  else console.error(`"${parameters.join(' ')}" is not understood; expected nothing, or --help.\n\n${HELP}`);
  return isHelp ? 0 : 2;
};

process.exitCode = await main(process.argv.slice(2));
