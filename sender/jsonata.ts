const EXPRESSION = /^\{%([\s\S]*)%\}$/;

/** True if Step Functions evaluates the text as JSONata. */
export const isExpression = (text: string): boolean => EXPRESSION.test(text);

/** Returns a text as a part of an expression: a literal as a string. JSON's string literals are JSONata's too. */
export const toOperand = (text: string): string => {
  const [, expression] = EXPRESSION.exec(text) ?? [];
  return expression === undefined ? JSON.stringify(text) : `(${expression.trim()})`;
};
