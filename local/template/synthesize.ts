import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JWK } from 'jose';
import type { SigningKind } from '../../lambda/contract/signing.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface SynthOptions {
  /** Folder for the cloud assembly. */
  readonly outputDirectory: string;
  readonly gatewayPort: number;
  readonly idpPort: number;
  readonly standInPort: number;
  /** Public keys of processors of the local registry. */
  readonly processorKeys: { readonly dpop: JWK; readonly signed: JWK; readonly encryption: JWK };
  /** Origin at which `webhook-ocr` confirms its calls. */
  readonly webhookOrigin: string;
  readonly signing: SigningKind;
  /** True if a key in KMS signed at an earlier start. Its tokens are accepted. */
  readonly hasKmsSigningKey: boolean;
  /** True if the registry has the processors of the seed data too. */
  readonly isSeeded: boolean;
  /** Ends the synthesis. */
  readonly signal?: AbortSignal;
}

/**
 * Synthesizes the `local` environment. Runs the app in a child process, as the CDK's command line does.
 * @returns the folder of the cloud assembly
 * @throws {Error} with the output of the app, if it fails
 */
export const synthesize = async (options: SynthOptions): Promise<string> => {
  const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context?: Record<string, unknown> };
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'bin/postern.ts')], {
    cwd: ROOT,
    env: {
      ...process.env,
      CDK_OUTDIR: options.outputDirectory,
      CDK_CONTEXT_JSON: JSON.stringify({
        ...context,
        'postern:environment': 'local',
        'postern:gatewayPort': options.gatewayPort,
        'postern:idpPort': options.idpPort,
        'postern:standInPort': options.standInPort,
        'postern:signing': options.signing,
        'postern:hasKmsSigningKey': options.hasKmsSigningKey,
        'postern:webhookOrigin': options.webhookOrigin,
        'postern:isSeeded': options.isSeeded,
        'postern:processorKeys': JSON.stringify(options.processorKeys),
      }),
      // The validation takes most of a synthesis and is for what is deployed; the continuous integration runs it.
      CDK_VALIDATION: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal && { signal: options.signal }),
  });
  let said = '';
  const listen = (chunk: Buffer) => {
    said += chunk.toString('utf8');
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`The environment "local" could not be synthesized.\n${errorMessageOf(said)}`);
  return options.outputDirectory;
};

/** Message of the error that ended Node, without source line and stack; the whole output if it contains no such error. */
export const errorMessageOf = (said: string): string => {
  const report = /^ *\^+\n\n+(?:[A-Za-z]+: )?([\s\S]*?)\n {4}at /m.exec(said);
  return (report?.[1] ?? said).trim();
};
