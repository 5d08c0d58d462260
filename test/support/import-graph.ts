import { posix } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/** One import of one file by another, or of a package. Types count: what a type names must exist there too. */
export interface Import {
  readonly from: string;
  /** A path like `from` for a file of ours, `node:fs` or a package's name otherwise; null when it is computed. */
  readonly to: string | null;
}

/** Every static import, re-export, import type and dynamic import in `source`, the text of the file `from`. */
export function importsOf(from: string, source: string): Import[] {
  const { module, program, errors } = parseSync(from, source);
  if (errors.length > 0) throw new Error(`${from}: ${errors.map((error) => error.message).join('; ')}`);
  const specifiers: (string | null)[] = [
    ...module.staticImports.map((statement) => statement.moduleRequest.value),
    ...module.staticExports.flatMap((statement) =>
      statement.entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
    ),
  ];
  new Visitor({
    ImportExpression({ source: argument }) {
      const literal =
        argument.type === 'Literal' && typeof argument.value === 'string' ? argument.value : null;
      specifiers.push(literal);
    },
    TSImportType({ source: argument }) {
      specifiers.push(argument.value);
    },
  }).visit(program);
  return specifiers.map((specifier) => ({ from, to: specifier === null ? null : resolve(from, specifier) }));
}

function resolve(from: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier;
}

/** Every cycle that a depth-first walk meets, each as the files on it, the first one repeated at its end. */
export function cycles(imports: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) {
    if (to !== null) targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const found: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (file: string): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      found.push([...path.slice(start), file]);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const target of targets.get(file) ?? []) walk(target);
    path.pop();
    done.add(file);
  };
  for (const file of targets.keys()) walk(file);
  return found;
}
