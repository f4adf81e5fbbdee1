import { Postern } from '@postern/cdk';
import { App } from 'aws-cdk-lib';
import settings from '../environments/__NAME__.ts';

const app = new App();

/** The gateway. It makes two stacks: __STACKS__-State must survive, __STACKS__-Gateway may be replaced. */
export const postern = new Postern(app, '__STACKS__', settings);

// Stacks of yours go here, and may refer to the gateway. This one has a queue with the outcomes of one application:
//
//   import { Stack } from 'aws-cdk-lib';
//   import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
//   import { Queue } from 'aws-cdk-lib/aws-sqs';
//
//   const stack = new Stack(app, 'Invoices', { env: settings.env });
//   const outcomes = new Queue(stack, 'Outcomes');
//   postern.onTask(['succeeded', 'failed'], new SqsQueue(outcomes), { application: 'invoices' });
