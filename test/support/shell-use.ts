import { parseSync, Visitor, type Argument, type ArrayExpressionElement, type Expression } from 'oxc-parser';

/** Functions that hand a string to a shell, or split one into arguments by themselves. */
const shellFunctions = new Set([
  'exec',
  'execSync',
  'execaCommand',
  'execaCommandSync',
  'parseCommandString',
]);
const processModules = new Set(['child_process', 'node:child_process', 'execa']);
const shells = /^(?:\/(?:usr\/)?bin\/)?(?:sh|bash|dash)$/;

/**
 * Places in `source` where a string that comes from elsewhere could be read by a shell. zx quotes what stands in its
 * templates; a script for `sh -c` must be a constant, which takes its values as arguments.
 */
export function shellUses(file: string, source: string): string[] {
  const { module, program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors.map((error) => error.message).join('; ')}`);
  const found = module.staticImports
    .filter((statement) => processModules.has(statement.moduleRequest.value))
    .flatMap((statement) => statement.entries)
    .map((entry) => entry.importName.name ?? null)
    .filter((name) => name === null || shellFunctions.has(name))
    .map((name) => `imports ${name ?? 'all of a module that starts processes'}`);

  const constants = new Set<string>();
  const scripts: Value[] = [];
  new Visitor({
    Property({ key, value }) {
      const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? key.value : null;
      const isOff = value.type === 'Literal' && value.value === false;
      if (name === 'shell' && !isOff) found.push('sets "shell"');
    },
    VariableDeclarator({ id, init }) {
      if (id.type === 'Identifier' && init !== null && isConstant(init)) constants.add(id.name);
    },
    ArrayExpression({ elements }) {
      scripts.push(...scriptsOf(elements));
    },
    CallExpression({ arguments: values }) {
      scripts.push(
        ...scriptsOf(
          values.flatMap((value) => (value.type === 'ArrayExpression' ? value.elements : [value])),
        ),
      );
    },
  }).visit(program);
  const isKnown = (script: Value): boolean =>
    isConstant(script) || (script?.type === 'Identifier' && constants.has(script.name));
  if (!scripts.every(isKnown)) found.push('gives "sh -c" a script that is put together');
  return [...new Set(found)].map((use) => `${file}: ${use}`);
}

type Value = Expression | ArrayExpressionElement | Argument;

function isConstant(value: Value): boolean {
  if (value?.type === 'Literal') return typeof value.value === 'string';
  return value?.type === 'TemplateLiteral' && value.expressions.length === 0;
}

/** What stands behind a shell and its `-c` in a list of arguments. */
function scriptsOf(values: readonly Value[]): Value[] {
  return values.filter((_, index) => {
    const [shell, flag] = [values[index - 2], values[index - 1]];
    return isShell(shell) && flag?.type === 'Literal' && /^-[a-z]*c$/.test(String(flag.value));
  });
}

const isShell = (value: Value | undefined): boolean =>
  value?.type === 'Literal' && typeof value.value === 'string' && shells.test(value.value);
