/**
 * Metrics of AWS services with the sets of their dimensions, from the services' documentation. Before you watch another
 * metric, look it up and add it here: an alarm on a metric that does not exist is never raised.
 */
export const AWS_METRICS: Readonly<Record<string, Readonly<Record<string, readonly (readonly string[])[]>>>> = {
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
  'AWS/SQS': {
    ApproximateAgeOfOldestMessage: [['QueueName']],
    ApproximateNumberOfMessagesDelayed: [['QueueName']],
    ApproximateNumberOfMessagesNotVisible: [['QueueName']],
    ApproximateNumberOfMessagesVisible: [['QueueName']],
  },
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
  'AWS/Lambda': {
    ConcurrentExecutions: [['FunctionName']],
    Duration: [['FunctionName']],
    Errors: [['FunctionName'], ['FunctionName', 'Resource']],
    Invocations: [['FunctionName']],
    IteratorAge: [['FunctionName']],
    Throttles: [['FunctionName']],
  },
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
  'AWS/DynamoDB': {
    ConsumedReadCapacityUnits: [['TableName'], ['GlobalSecondaryIndexName', 'TableName']],
    ConsumedWriteCapacityUnits: [['TableName'], ['GlobalSecondaryIndexName', 'TableName']],
    ReadThrottleEvents: [['TableName'], ['GlobalSecondaryIndexName', 'TableName']],
    WriteThrottleEvents: [['TableName'], ['GlobalSecondaryIndexName', 'TableName']],
    SystemErrors: [['Operation', 'TableName']],
    TransactionConflict: [['TableName']],
  },
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
  'AWS/ApplicationELB': {
    RequestCount: [['LoadBalancer'], ['LoadBalancer', 'TargetGroup']],
    HTTPCode_ELB_4XX_Count: [['LoadBalancer']],
    HTTPCode_ELB_5XX_Count: [['LoadBalancer']],
    HTTPCode_Target_5XX_Count: [['LoadBalancer'], ['LoadBalancer', 'TargetGroup']],
    LowReputationPacketsDropped: [['LoadBalancer'], ['AvailabilityZone', 'LoadBalancer']],
    LowReputationRequestsDenied: [['LoadBalancer'], ['AvailabilityZone', 'LoadBalancer']],
    // CloudWatch reports it only with health checks.
    UnHealthyHostCount: [['LoadBalancer', 'TargetGroup']],
  },
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html
  'AWS/NetworkELB': {
    HealthyHostCount: [['LoadBalancer', 'TargetGroup']],
    NewFlowCount: [['LoadBalancer']],
    TCP_Client_Reset_Count: [['LoadBalancer']],
    TCP_Target_Reset_Count: [['LoadBalancer']],
    UnHealthyHostCount: [['LoadBalancer', 'TargetGroup']],
  },
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
  'AWS/ECS': {
    CPUUtilization: [['ClusterName', 'ServiceName']],
    MemoryUtilization: [['ClusterName', 'ServiceName']],
  },
  // https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
  'AWS/WAFV2': {
    AllowedRequests: [['Region', 'Rule', 'WebACL']],
    BlockedRequests: [['Region', 'Rule', 'WebACL']],
    CountedRequests: [['Region', 'Rule', 'WebACL']],
  },
  // https://docs.aws.amazon.com/waf/latest/developerguide/shield-metrics.html
  'AWS/DDoSProtection': { DDoSDetected: [['ResourceArn']] },
};
