import { CfnResource, Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { CfnFunction, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { CfnStateMachine, IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { workflowOf } from '../lambda/contract/resume.ts';

/** A state machine, or a durable function, its version or its alias. */
export type Workflow = IStateMachine | IFunction;

/**
 * Returns the ARN of a workflow in the form of `resumes`. Files in the packages of functions have it, so synth must know it: from an
 * imported ARN, or from the name, account and Region of a resource of this app.
 * @throws {Error} if synth does not know it, or if it is no workflow that can wait
 * @internal
 */
export const workflowArn = (workflow: Workflow, account: string): string => {
  const fail = (problem: string): never => {
    throw new Error(`${workflow.node.path}: ${problem}`);
  };
  const arn = 'stateMachineArn' in workflow ? machineArn(workflow, fail) : functionArn(unqualified(workflow), fail);
  const owner = workflowOf(arn)?.account;
  if (owner === undefined) {
    return fail(
      `has the ARN ${arn}; expected that of a state machine, or of a function. Give the workflow that waits.`,
    );
  }
  if (owner !== account) {
    fail(
      `is in account ${owner}; expected account ${account}, because AWS takes the token of a workflow only from its own account. ` +
        'Write { arn, roleArn, externalId } into `resumes` of the application.',
    );
  }
  return arn;
};

type Fail = (problem: string) => never;

const machineArn = (machine: IStateMachine, fail: Fail): string => {
  if (!Token.isUnresolved(machine.stateMachineArn)) return machine.stateMachineArn;
  const resource = resourceOf<CfnStateMachine>(machine.stateMachineArn, 'AWS::StepFunctions::StateMachine');
  if (resource?.stateMachineType === 'EXPRESS') {
    fail('is an Express workflow; expected a Standard workflow, because only these can wait.');
  }
  return `${arnStart('states', resource, fail)}:stateMachine:${nameOf(resource?.stateMachineName, 'stateMachineName', fail)}`;
};

const functionArn = (fn: IFunction, fail: Fail): string => {
  if (!Token.isUnresolved(fn.functionArn)) return `${fn.functionArn.split(':').slice(0, 7).join(':')}:*`;
  const resource = resourceOf<CfnFunction>(fn.functionArn, 'AWS::Lambda::Function');
  if (resource !== undefined && resource.durableConfig === undefined) {
    fail('is no durable function; expected one with `durableConfig`, because no other function can wait.');
  }
  return `${arnStart('lambda', resource, fail)}:function:${nameOf(resource?.functionName, 'functionName', fail)}:*`;
};

/** Versions and aliases have the function that they belong to. Any of its versions may wait. */
const unqualified = (fn: IFunction): IFunction => ('lambda' in fn ? (fn.lambda as IFunction) : fn);

/** The resource whose attribute a token is. */
const resourceOf = <R extends CfnResource>(arn: string, type: string): R | undefined => {
  const { firstToken } = Tokenization.reverseString(arn);
  const target = Reference.isReference(firstToken) ? firstToken.target : undefined;
  return target !== undefined && CfnResource.isCfnResource(target) && target.cfnResourceType === type
    ? (target as R)
    : undefined;
};

const arnStart = (service: string, resource: CfnResource | undefined, fail: Fail): string => {
  if (resource === undefined) return fail('has an ARN that synth does not know. Import the workflow by its whole ARN.');
  const { account, region } = Stack.of(resource);
  if (Token.isUnresolved(account) || Token.isUnresolved(region)) {
    fail('is in a stack without account and Region. Give the stack `env` with both, because synth must know the ARN.');
  }
  const { partition = 'aws' } = RegionInfo.get(region);
  return `arn:${partition}:${service}:${region}:${account}`;
};

const nameOf = (name: string | undefined, property: string, fail: Fail): string =>
  name === undefined || Token.isUnresolved(name)
    ? fail(
        `has no name that synth knows. Give it a \`${property}\`, because files in the packages of Postern's functions have its ARN. ` +
          'A deployed workflow that gets a name is replaced.',
      )
    : name;
