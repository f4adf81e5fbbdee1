import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { APPLICATIONS_FILE, type Application, type Applications } from '../../contract/applications.ts';

/**
 * Reads the applications beside a function's code.
 * @param folder the folder of the code
 */
export const loadApplications = (folder: string): Applications =>
  JSON.parse(readFileSync(join(folder, APPLICATIONS_FILE), 'utf8')) as Applications;

/** Returns the application of a client; undefined if the client belongs to no application. */
export type FindApplication = (clientId: string) => Application | undefined;

/** @param senderClients further clients, one of an application; only the deployment knows their ids */
export const createFindApplication = (
  applications: Applications,
  senderClients: Readonly<Record<string, string>> = {},
): FindApplication => {
  const all = Object.values(applications);
  const everybodys = all.find(({ clients }) => clients === null);
  const byClient = new Map(all.flatMap((one) => (one.clients ?? []).map((client) => [client, one] as const)));
  for (const [id, client] of Object.entries(senderClients)) {
    const application = applications[id];
    if (application !== undefined) byClient.set(client, application);
  }
  return (clientId) => byClient.get(clientId) ?? everybodys;
};
