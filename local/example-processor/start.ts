import { bindExampleProcessor, type ExampleProcessor } from './server.ts';

/** The example processor, or the reason why it does not run, a sentence. */
export type StartedProcessor = ExampleProcessor | string;

/**
 * Starts the example processor at an origin of this machine, if nothing else listens there.
 * @throws {NodeJS.ErrnoException} for another reason than the port
 */
export const startExampleProcessor = async (origin: string, say: (line: string) => void): Promise<StartedProcessor> => {
  const port = Number(new URL(origin).port || 80);
  try {
    return await bindExampleProcessor({ port, say });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    const reason = code === 'EADDRINUSE' ? 'is taken' : 'may not be used';
    return `The example processor does not run, because port ${port} ${reason}. What listens there gets the work that Postern sends. POSTERN_PROCESSOR_ORIGIN names another origin.`;
  }
};
