/** @returns the source files, relative to the root */
export declare const buildCli: (options: {
  readonly root: string;
  readonly outfile: string;
}) => Promise<readonly string[]>;
