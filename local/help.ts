/** Prints what a command does and ends the process, if the command line asks for it. Nothing has been started by then. */
export const helpWhereAsked = (help: string, parameters: readonly string[] = process.argv.slice(2)): void => {
  if (!parameters.includes('--help') && !parameters.includes('-h')) return;
  console.log(help);
  process.exit(0);
};
