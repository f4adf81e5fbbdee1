import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LineListener } from '../functions/function-process.ts';
import type { NetworkLoadBalancer } from '../network-load-balancer/network-load-balancer.ts';
import { buildDoor } from './build-door.ts';
import { type DoorCertificate, loadDoorCertificate } from './certificate.ts';
import { type Door, startDoor } from './door.ts';
import type { DoorDefinition } from './door-definition.ts';
import { findGo } from './go.ts';

export interface PrepareDoorOptions {
  /** Folder of the door's certificate and program. */
  readonly folder: string;
  /** Ends the start. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface OpenDoorOptions {
  readonly definition: DoorDefinition;
  readonly network: Pick<NetworkLoadBalancer, 'serve'>;
  /** URL of the stand-ins for AWS services. */
  readonly services: string;
  readonly region: string;
  readonly onLine: LineListener;
}

/** What can be had before the template is known. */
export interface PreparedDoor {
  /** `go1.26.8` */
  readonly goVersion: string;
  readonly certificate: DoorCertificate;
  /** Builds the door, starts it, and makes it the target of the network load balancer. */
  open(options: OpenDoorOptions): Promise<Door>;
}

/**
 * Finds Go, and makes the certificate of the network door.
 * @throws {Error} with the remedy, if there is no Go
 */
export const prepareDoor = async ({ folder, say, signal }: PrepareDoorOptions): Promise<PreparedDoor> => {
  const go = await findGo();
  const certificate = await loadDoorCertificate({ go, folder: join(folder, 'certificate'), signal });
  return {
    goVersion: go.version,
    certificate,
    open: async ({ definition, network, ...options }) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const program = join(folder, 'door');
      await buildDoor({ go, sources: definition.sources, program, signal, say });
      return await startDoor({
        ...options,
        definition,
        program,
        folder,
        signal,
        say,
        onHealthy: (port) => network.serve({ port, certificate: certificate.certificate }),
      });
    },
  };
};
