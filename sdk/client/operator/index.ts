/** Client of a gateway for operators. */
export class PosternOperator {}
