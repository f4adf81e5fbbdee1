import type { Rule } from './rule.ts';

/** Everybody with the role of a sender would share all tasks of a protected environment. */
export const applicationsAreNamed: Rule = ({ applications, protected: isProtected }, errors) => {
  errors.expect(
    isProtected !== true || applications !== undefined,
    'applications',
    applications,
    'the sending systems of the environment with their client ids, because `protected` is true',
    "Write applications: { NAME: { clients: ['CLIENT_ID'] } }. If tasks exist already, NAME is `default`: it owns them.",
  );
};

/** The client decides the application of a request, so it belongs to one. */
export const oneApplicationPerClient: Rule = ({ applications = {} }, errors) => {
  const owners = new Map<string, string>();
  for (const [id, application] of Object.entries(applications)) {
    for (const [index, client] of (application?.clients ?? []).entries()) {
      const owner = owners.get(client);
      errors.expect(
        owner === undefined,
        `applications.${id}.clients.${index}`,
        client,
        `a client of this application alone; \`applications.${owner}\` has it too`,
        'Remove it from one of the two, or register a client for each application at the identity provider.',
      );
      owners.set(client, owner ?? id);
    }
  }
};

/** An application creates tasks for processors of the environment. */
export const applicationProcessorsExist: Rule = ({ applications = {}, processors }, errors) => {
  if (processors === undefined) return;
  const known = Object.keys(processors);
  for (const [id, application] of Object.entries(applications)) {
    for (const [index, processor] of (application?.processors ?? []).entries()) {
      errors.expect(
        known.includes(processor),
        `applications.${id}.processors.${index}`,
        processor,
        `the id of a processor of this environment: ${known.join(', ')}`,
        'Correct the id, or add the processor to `processors`.',
      );
    }
  }
};
