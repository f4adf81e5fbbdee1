import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

/**
 * Checks an app against the rule packs of cdk-nag, beside the CDK's own rules; what they find is in the report of the synth.
 * They run in the suite and not with every synth, which they would stop at findings that nobody can acknowledge.
 */
export const addPolicyChecks = (app: App): void =>
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

/**
 * Findings of a rule whose ids hold names that CloudFormation makes up, or that one stack exports to another, so that they
 * cannot be acknowledged beside a construct: wildcards in policies. Only in roles that tests answer for. Every statement of a
 * function's role is written out in `test/lib/least-privilege.test.ts`, and `test/local/least-privilege.test.ts` holds each
 * right against the calls of a run; the role of deployments is in `test/lib/functions/deployments.test.ts`.
 */
export const isAnsweredByTests = (finding: string): boolean =>
  /^AwsSolutions::AwsSolutions-IAM5\[.* at [\w-]+\/Gateway\/((Front|Background)\/\w+|Deployments)\/Role\//.test(
    finding,
  );
