import { type ProofValues, readProofMaterial } from '../callback/proof.ts';
import { CommandError } from '../command-error.ts';
import type { Context } from '../context.ts';
import { LOCAL_PROFILE } from '../settings/settings.ts';
import { readLocalGateway } from '../sign-in/local-gateway.ts';
import { localTargets, namedTargets, type Targets } from './targets.ts';

export interface TargetOptions extends ProofValues {
  readonly processor: string | undefined;
  readonly contentType: string;
}

/**
 * Chooses the processors whose callbacks are attacked: the one that the operator names, or those of the gateway on this
 * machine.
 * @throws {CommandError} `usage`, if a remote gateway has no processor named
 */
export const chooseTargets = async (context: Context, options: TargetOptions): Promise<Targets> => {
  const material = await readProofMaterial(context, options);
  const { processor } = options;
  if (processor !== undefined) return namedTargets(processor, options.contentType, material);
  if (material !== undefined) throw new CommandError('usage', '--proof belongs to a processor.', 'Add --processor ID.');
  if (context.settings.profileName === LOCAL_PROFILE) return localTargets(readLocalGateway(context.settings.readyFile));
  throw new CommandError(
    'usage',
    'No processor was named. The drill opens tasks, so it attacks a processor of a remote gateway only by name.',
    'Add --processor ID, preferably of a processor that only tests use.',
  );
};
