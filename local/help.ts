/** Prints the help of a command and ends the process if the command line has `--help` or `-h`. Call it first. */
export const helpWhereAsked = (help: string, parameters: readonly string[] = process.argv.slice(2)): void => {
  if (!parameters.includes('--help') && !parameters.includes('-h')) return;
  console.log(help);
  process.exit(0);
};
