import { readFileSync } from 'node:fs';
import type { PrivateJwk } from '../../sdk/shared/private-key.ts';
import { CommandError } from '../command-error.ts';

/** A client of the OpenID provider on this machine. */
interface LocalClient {
  readonly clientId: string;
  readonly privateJwk: PrivateJwk;
}

/** The members of the ready file of a gateway on this machine that the command line reads. */
export interface LocalGateway {
  readonly gateway: string;
  readonly idp: { readonly issuer: string; readonly tokenEndpoint: string };
  /** Ids of its processors. */
  readonly processors: readonly string[];
  readonly events: { readonly file: string };
  readonly clients: {
    readonly sender: LocalClient;
    readonly operator: LocalClient;
    /** The client of `idp-ocr`. */
    readonly processor: LocalClient;
    /** The keys of `dpop-ocr` and `signed-ocr`, and the secret of `standard-ocr`. */
    readonly dpop: { readonly privateJwk: PrivateJwk };
    readonly signed: { readonly privateJwk: PrivateJwk & { readonly kid?: string } };
    readonly standard: { readonly secret: string };
  };
}

/** @throws {CommandError} `unavailable`, if no gateway runs on this machine */
export const readLocalGateway = (readyFile: string): LocalGateway => {
  let text: string;
  try {
    text = readFileSync(readyFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CommandError(
      'unavailable',
      `No gateway runs on this machine: there is no ${readyFile}.`,
      'Start one with "postern dev", or name another gateway with --profile. "postern profile list" shows yours.',
    );
  }
  try {
    return JSON.parse(text) as LocalGateway;
  } catch {
    throw new CommandError('failed', `${readyFile} is not JSON.`, 'Stop the gateway, and start it again.');
  }
};
