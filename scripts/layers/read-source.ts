import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { IMPURE_CALLS, IMPURE_GLOBALS } from './rules.js';

export interface SourceImport {
  readonly line: number;
  /** A file from the repository's root, or the name of a package. */
  readonly target: string;
  readonly isPackage: boolean;
}

export interface SourceUse {
  readonly line: number;
  readonly name: string;
}

/** What a source file says that the rules speak of. */
export interface SourceFacts {
  /** From the repository's root, with `/`. */
  readonly file: string;
  readonly imports: readonly SourceImport[];
  readonly environment: readonly SourceUse[];
  readonly impure: readonly SourceUse[];
}

/** Parses one TypeScript file, `import()` and re-exports included. */
export function readSource(root: string, file: string): SourceFacts {
  const text = readFileSync(posix.join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const imports: SourceImport[] = [];
  const environment: SourceUse[] = [];
  const impure: SourceUse[] = [];
  const lineOf = (node: ts.Node): number =>
    source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;

  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found !== undefined) imports.push({ line: lineOf(node), ...resolve(file, found) });
    if (ts.isPropertyAccessExpression(node)) {
      const name = node.getText(source);
      if (name === 'process.env') environment.push({ line: lineOf(node), name });
      if (IMPURE_CALLS.has(name)) impure.push({ line: lineOf(node), name });
    }
    if (ts.isIdentifier(node) && IMPURE_GLOBALS.has(node.text) && isReference(node)) {
      impure.push({ line: lineOf(node), name: node.text });
    }
    // Of JavaScript: `@import` of a type.
    for (const comment of (node as { jsDoc?: readonly ts.Node[] }).jsDoc ?? []) visit(comment);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { file, imports, environment, impure };
}

/** What a node imports, as it is written there. */
function importOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isJSDocImportTag(node)) {
    const { moduleSpecifier } = node;
    if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) return undefined;
    return moduleSpecifier.text;
  }
  if (ts.isImportTypeNode(node)) {
    const { argument } = node;
    const isText = ts.isLiteralTypeNode(argument) && ts.isStringLiteral(argument.literal);
    return isText ? argument.literal.text : undefined;
  }
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) {
    return undefined;
  }
  const [argument] = node.arguments;
  return argument !== undefined && ts.isStringLiteralLike(argument) ? argument.text : undefined;
}

function resolve(file: string, specifier: string) {
  if (!specifier.startsWith('.')) return { target: specifier, isPackage: true };
  const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
  return { target, isPackage: false };
}

/** False for the name of a property or a declaration, which has nothing to do with the global. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return !(
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isParameter(parent) ||
    ts.isBindingElement(parent)
  );
}
