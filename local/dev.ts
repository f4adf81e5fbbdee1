import { runUntilStopped } from './run.ts';
import { serve } from './serve.ts';

/** The gateway in the package of the command line: it runs an environment of the app of the current folder. */
runUntilStopped((signal) => serve(signal));
