import * as v from 'valibot';
import { DOMAIN_PATTERN } from '../../lambda/contract/environments.ts';
import { certificate } from './certificate.ts';
import { byKind, object, optional, within } from './containers.ts';
import { count, expecting, oneOf, secretName, text } from './kinds.ts';
import { isLoopbackUrl, type LoopbackOrigin } from './urls.ts';

const EXAMPLE = "Write { kind: 'application' }, or { kind: 'network', certificateSecretName: 'postern/prod/door' }.";

/** An Application Load Balancer with a web ACL. */
const application = object(EXAMPLE, { kind: v.literal('application') });

const CONSOLE = "Write for instance { domain: 'console.callbacks.example.com' }, or remove `console`.";

/** The console of the network door. Its sign-in needs an Application Load Balancer, so it has one with a name of its own. */
export const doorConsole = object(CONSOLE, {
  /** Host name of the console. The identity provider must allow `https://DOMAIN/oauth2/idpresponse` as a redirect. */
  domain: text(
    DOMAIN_PATTERN,
    'a host name in lower case whose last label has letters only, without scheme, port and path',
    'Write only the name, as console.callbacks.example.com.',
  ),
  /**
   * Certificate for the console's domain, in the environment's Region. Public certificates of ACM are free.
   * @default ACM requests one and validates it in the hosted zone
   */
  certificateArn: optional(certificate),
});

const TASKS = 'Write for instance { min: 2, max: 6 }.';

/** Most tasks of the door. */
const MAX_TASKS = 100;

/** Number of tasks that run the door. */
export const doorTasks = within(
  object(TASKS, {
    /**
     * Tasks that always run, 1 to 100. With 1, the gateway does not answer while AWS replaces a task that failed.
     * @default 2
     */
    min: optional(count({ min: 1, max: MAX_TASKS, unit: 'tasks', remedy: TASKS }), 2),
    /**
     * Most tasks, 1 to 100 and at least `min`. Their number follows the CPU time. Each task counts requests for itself. With six
     * tasks, an address with many connections gets up to six times the `rateLimits`.
     * @default 6
     */
    max: optional(count({ min: 1, max: MAX_TASKS, unit: 'tasks', remedy: TASKS }), 6),
  }),
  ({ max, min }) =>
    min <= max ? [] : [{ path: ['max'], value: max, expected: `at least \`min\`, ${min}`, remedy: TASKS }],
);

const SWITCHING = "Write { dns: 'load-balancer' } or { dns: 'door' }, or remove `switching` when the switch is over.";

/**
 * A switch between the two ways in. Both serve every request, so that no callback gets lost: resolvers and open connections
 * know the old addresses for a while. `docs/operate/network-door.md` has the steps.
 */
export const doorSwitching = object(SWITCHING, {
  /** The target of the domain's address records. Without `hostedZone` you change the records yourself. */
  dns: oneOf(['load-balancer', 'door'], SWITCHING),
});

/**
 * The network door: a Network Load Balancer passes connections on to a program of Postern on Fargate, which ends TLS, checks
 * requests and invokes the functions. No managed service that reads HTTP sees a callback. It lacks AWS WAF, rules by
 * reputation and country, rule groups against denial of service, and the mitigation of HTTP attacks of Shield Advanced.
 * About 62 USD a month with two zones and two tasks, instead of about 45 for the load balancer and the web ACL.
 */
export const networkDoor = object(EXAMPLE, {
  kind: v.literal('network'),
  /**
   * Name of the secret in Secrets Manager with the certificate of the domain and its key, as JSON:
   * `{ "certificate": "PEM, the chain", "privateKey": "PEM" }`. You renew it; each task reads it again every hour. 0.40 USD a
   * month.
   */
  certificateSecretName: secretName('Store the certificate of the domain and its key in Secrets Manager.'),
  /**
   * The console, on a load balancer and a domain of its own. About 45 USD a month for the load balancer and the web ACL.
   * @default there is no console; operators use the operator API and the command line
   */
  console: optional(doorConsole),
  /**
   * Number of tasks. Each costs about 18 USD a month.
   * @default { min: 2, max: 6 }
   */
  tasks: optional(doorTasks, {}),
  /**
   * The load balancer serves every request beside the door, during a switch from one to the other.
   * @default the door alone
   */
  switching: optional(doorSwitching),
});

/** The ways in by their names. */
export const INGRESS = { application, network: networkDoor } as const;

export const ingressOnAws = byKind(INGRESS, 'docs/operate/network-door.md compares them.');

/** The network door on one machine. The template is that of AWS; the program runs here. */
export const ingressHere = byKind(
  {
    application,
    network: object(EXAMPLE, {
      kind: v.literal('network'),
      certificateSecretName: secretName('The stand-in for Secrets Manager has `postern/local/door`.'),
      /** The console's own load balancer. */
      console: object(CONSOLE, {
        /** Origin of the console. */
        origin: expecting<LoopbackOrigin>(
          "'http://127.0.0.1:…'",
          isLoopbackUrl,
          'a loopback origin without a path, as http://127.0.0.1:8083',
          'Use http, 127.0.0.1 and a port from 1 to 65535.',
        ),
      }),
    }),
  },
  EXAMPLE,
);

export type AwsIngress = v.InferOutput<typeof ingressOnAws>;
export type LocalIngress = v.InferOutput<typeof ingressHere>;

/** A load balancer in the place of the network door. */
export interface ApplicationIngress {
  readonly kind: 'application';
}

/** The network door, the same on AWS and on one machine. */
export interface NetworkIngress {
  readonly kind: 'network';
  readonly certificateSecretName: string;
  /** Undefined if there is no console, or if the load balancer of a switch has it. */
  readonly console: ConsolePlace | undefined;
  readonly tasks: { readonly min: number; readonly max: number };
  readonly switching: { readonly dns: 'load-balancer' | 'door' } | undefined;
}

/** Place of a console with a name of its own. */
export interface ConsolePlace {
  readonly origin: string;
  /** Host of the origin, without a port. */
  readonly host: string;
  readonly certificateArn: string | undefined;
}

export type Ingress = ApplicationIngress | NetworkIngress;

/** The setting in the form that constructs read. @param certificateArn of the load balancer on one machine */
export const completeIngress = (ingress: AwsIngress | LocalIngress, certificateArn: string | undefined): Ingress => {
  if (ingress.kind === 'application') return ingress;
  return {
    kind: 'network',
    certificateSecretName: ingress.certificateSecretName,
    console: ingress.console && placeOf(ingress.console, certificateArn),
    tasks: 'tasks' in ingress ? ingress.tasks : { min: 1, max: 1 },
    switching: 'switching' in ingress ? ingress.switching : undefined,
  };
};

const placeOf = (
  given: NonNullable<Extract<AwsIngress | LocalIngress, { kind: 'network' }>['console']>,
  certificateArn: string | undefined,
): ConsolePlace =>
  'origin' in given
    ? { origin: given.origin, host: new URL(given.origin).hostname, certificateArn }
    : { origin: `https://${given.domain}`, host: given.domain, certificateArn: given.certificateArn };

interface WithIngress {
  readonly ingress: Ingress;
}

/** True if a load balancer serves every request of the gateway. */
export const hasFullLoadBalancer = ({ ingress }: WithIngress): boolean =>
  ingress.kind === 'application' || ingress.switching !== undefined;

/** True if the network door serves requests. */
export const hasDoor = ({ ingress }: WithIngress): boolean => ingress.kind === 'network';

/** True if the environment has a load balancer and a web ACL: for every request, or for the console. */
export const hasLoadBalancer = ({ ingress }: WithIngress): boolean =>
  hasFullLoadBalancer({ ingress }) || (ingress.kind === 'network' && ingress.console !== undefined);

/** True if AWS must not delete the load balancers. During a switch either of them may go next. */
export const isDeletionProtected = ({
  ingress,
  protected: isProtected,
}: WithIngress & { readonly protected: boolean }): boolean =>
  isProtected && (ingress.kind === 'application' || ingress.switching === undefined);

/** Origin of the console: the gateway's, or its own. Undefined if there is no console. */
export const consoleOriginOf = ({ ingress, origin }: WithIngress & { readonly origin: string }): string | undefined => {
  if (ingress.kind === 'network' && ingress.console !== undefined) return ingress.console.origin;
  return hasFullLoadBalancer({ ingress }) ? origin : undefined;
};

/** The ways in, with the steps of a switch between them in their order. */
const INGRESS_STEPS = ['application', 'dns-load-balancer', 'dns-door', 'network'] as const;
export type IngressStep = (typeof INGRESS_STEPS)[number];

export const ingressStepOf = ({ ingress }: WithIngress): IngressStep =>
  ingress.kind === 'network' && ingress.switching !== undefined ? `dns-${ingress.switching.dns}` : ingress.kind;

/**
 * True if no callback gets lost: both ways in serve requests before and after the address of the domain moves. A load balancer that
 * is new gets the address in a later deployment, because its rules come after its address.
 */
export const isSafeStep = (from: IngressStep, to: IngressStep): boolean => {
  const distance = Math.abs(INGRESS_STEPS.indexOf(from) - INGRESS_STEPS.indexOf(to));
  return distance <= 1 || (from === 'application' && to === 'dns-door');
};
