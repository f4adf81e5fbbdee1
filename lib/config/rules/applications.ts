import { MAX_INVOCATION_TARGETS } from '../../../lambda/contract/limits.ts';
import { invocationTargetOutput } from '../../names.ts';
import { isOpen } from '../applications.ts';
import { COGNITO_CLIENT } from '../cognito.ts';
import { Description } from '../show.ts';
import type { Rule, ValidEntries } from './rule.ts';

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
    const clients = application?.clients ?? [];
    for (const [index, client] of (clients === COGNITO_CLIENT ? [] : clients).entries()) {
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

const invoked = (applications: NonNullable<ValidEntries['applications']>): readonly string[] =>
  Object.entries(applications).flatMap(([id, application]) => (isOpen(application?.invokers) ? [id] : []));

/** Each invocation target needs resources, and a stack has at most 500. */
export const invocationTargetsFit: Rule = ({ applications = {} }, errors) => {
  const { length } = invoked(applications);
  errors.expect(
    length <= MAX_INVOCATION_TARGETS,
    'applications',
    new Description(`has ${length} applications with \`invokers\``),
    `at most ${MAX_INVOCATION_TARGETS}, because a stack has at most 500 resources`,
    'Let some of these applications use the HTTP API, or move them to another environment.',
  );
};

/** The output of a target has the name of its application, and the name of an output has letters and digits only. */
export const oneOutputPerInvocationTarget: Rule = ({ applications = {} }, errors) => {
  const owners = new Map<string, string>();
  for (const id of invoked(applications)) {
    const output = invocationTargetOutput(id);
    const owner = owners.get(output);
    errors.expect(
      owner === undefined,
      `applications.${id}.invokers`,
      new Description(`has the output \`${output}\``),
      `an output of its own; \`applications.${owner}\` has the same`,
      'Rename one of the two applications, if it has no tasks yet. Otherwise it uses the HTTP API.',
    );
    owners.set(output, id);
  }
};
