import { assertCanBuild, type Go, runGo } from './go.ts';

export interface BuildDoorOptions {
  readonly go: Go;
  /** Folder with the sources of the door: that of its image in the cloud assembly. */
  readonly sources: string;
  /** File for the program. */
  readonly program: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** As in the Dockerfile of the door: the same program, for this machine. */
const BUILD = ['build', '-trimpath', '-buildvcs=false', '-tags=no_fs_access', '-ldflags=-s -w'];

/**
 * Builds the network door. Go keeps what it has compiled, so that only the first build takes long.
 * @throws {Error} with the remedy, or with what Go wrote
 */
export const buildDoor = async ({ go, program, say, signal, sources }: BuildDoorOptions): Promise<void> => {
  assertCanBuild(go, sources);
  say(`Building the network door with ${go.version}. The first build takes a few minutes …`);
  try {
    await runGo([...BUILD, '-o', program, '.'], { cwd: sources, signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(`The network door could not be built.\n${error instanceof Error ? error.message : String(error)}`);
  }
};
