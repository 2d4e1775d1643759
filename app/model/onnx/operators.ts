const ML = 'ai.onnx.ml';

/**
 * Every operator that the compiler writes, and its domain ('' is ONNX's own). `GraphBuilder` takes no
 * other, and a file that holds another was not made by this compiler: none of these runs a graph within
 * the graph, reads a file or repeats itself, so that a run ends soon whatever the file holds.
 */
export const OPERATORS = {
  Add: '',
  Cast: '',
  Concat: '',
  CumSum: '',
  Div: '',
  Equal: '',
  Gather: '',
  Gemm: '',
  Greater: '',
  Identity: '',
  IsNaN: '',
  LabelEncoder: ML,
  MatMul: '',
  Min: '',
  Mul: '',
  Pow: '',
  Reciprocal: '',
  ReduceMax: '',
  Reshape: '',
  Slice: '',
  Sub: '',
  TfIdfVectorizer: '',
  TreeEnsemble: ML,
  Where: '',
} as const satisfies Readonly<Record<string, string>>;

export type Operator = keyof typeof OPERATORS;

export function isOperator(name: string): name is Operator {
  return Object.hasOwn(OPERATORS, name);
}
