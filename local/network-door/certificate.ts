import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Go, runGo } from './go.ts';

/** A certificate and its key as PEM: the content of the secret that the door reads. */
export interface DoorCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Ten years: nobody renews it. */
const LIFETIME = '87600h';

export interface DoorCertificateOptions {
  readonly go: Go;
  /** Folder that keeps the certificate, made for its owner alone. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

/**
 * Reads the certificate of the door, or makes one that is its own issuer. Node has no function that makes certificates; Go has
 * a program for it among its sources: https://go.dev/src/crypto/tls/generate_cert.go
 */
export const loadDoorCertificate = async ({ folder, go, signal }: DoorCertificateOptions): Promise<DoorCertificate> => {
  const [certificate, privateKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  // The program writes the key last.
  if (!existsSync(privateKey)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const program = join(go.root, 'src/crypto/tls/generate_cert.go');
    const parameters = ['run', program, '--host=127.0.0.1', '--ecdsa-curve=P256', `--duration=${LIFETIME}`];
    await runGo(parameters, { cwd: folder, signal });
  }
  return { certificate: readFileSync(certificate, 'utf8'), privateKey: readFileSync(privateKey, 'utf8') };
};
