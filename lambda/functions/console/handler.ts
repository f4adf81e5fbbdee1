import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONSOLE_SCRIPT_FILE, CONSOLE_STYLE_FILE } from '../../contract/pages.ts';
import { readVariables } from '../../contract/variables.ts';
import { createDescribeAlarms } from '../../shared/aws/cloudwatch-alarms.ts';
import { createCountedClient } from '../../shared/aws/dynamodb-sdk.ts';
import { configuredFrame } from '../../shared/console/configured-frame.ts';
import { countFormRefusals } from '../../shared/console/form.ts';
import { createRefusalAnswer } from '../../shared/console/refusal-answer.ts';
import { servePages } from '../../shared/http/serve-pages.ts';
import { createLogger } from '../../shared/log/logger.ts';
import { toStandardOutput } from '../../shared/log/standard-output.ts';
import { measureAction } from '../../shared/operator/answer-action.ts';
import { createOperatorServices } from '../../shared/operator/operator-services.ts';
import { createReadOverview } from '../../shared/operator/overview.ts';
import { keepProcessors } from '../../shared/operator/processors.ts';
import { createReadRaisedAlarms } from '../../shared/operator/raised-alarms.ts';
import { createConsoleEndpoint } from './endpoint.ts';

const variables = readVariables('console', process.env);
const origin = variables.POSTERN_ORIGIN;
const logger = createLogger(variables.POSTERN_ENVIRONMENT, 'console', toStandardOutput);
const files = {
  style: readFileSync(join(__dirname, CONSOLE_STYLE_FILE), 'utf8'),
  script: readFileSync(join(__dirname, CONSOLE_SCRIPT_FILE), 'utf8'),
};

const operatorServices = createOperatorServices({
  variables,
  client: createCountedClient(),
  environment: process.env,
  folder: __dirname,
  logger,
});

const { processorOperations } = operatorServices;
const services = {
  ...operatorServices,
  processorOperations: { ...processorOperations, processors: keepProcessors(processorOperations.processors, Date.now) },
};

/** Handles events of the load balancer: the operator's console. */
export const handler = servePages({
  owner: 'console',
  origin,
  logger,
  handle: createConsoleEndpoint({
    ...configuredFrame(variables, files, process.env),
    files,
    services,
    readOverview: createReadOverview({
      ...services.overview,
      readRaisedAlarms: createReadRaisedAlarms({
        describeAlarms: createDescribeAlarms({ environment: process.env }),
        environment: variables.POSTERN_ENVIRONMENT,
        runbookUrl: variables.RUNBOOK_URL,
      }),
    }),
  }),
  respondToRefusal: createRefusalAnswer(origin),
  measure: (outcome) => [...countFormRefusals(outcome), ...measureAction(outcome)],
});
